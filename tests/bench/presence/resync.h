#pragma once

#include <string>

#include "tests/bench/presence/sides.h"

namespace crosspoint::bench {

struct ResyncFigures {
  double ms = 0;  // until a replica knows all users
  double floor_ms = 0;
  double bytes_per_user = 0;  // of memory
  double floor_bytes_per_user = 0;
};

// Gives so many users a claim through our replicas and has fresh processes read them all, `rounds` times each.
ResyncFigures MeasureResync(const testing::Credentials& credentials, OurSide& ours, int users, int rounds);

// A process that reads all shards from Redis once and prints how many milliseconds that took and by how many kB it
// grew. Ours: as a replica does when it starts, into the parts that it answers from. The floor: the same hashes with
// hiredis alone, into maps from text to text.
int ServeResync(const std::string& socket_path);
int ServeResyncFloor(const std::string& socket_path);

}  // namespace crosspoint::bench
