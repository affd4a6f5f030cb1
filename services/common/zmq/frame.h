#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "common/clock/clock.h"
#include "common/zmq/shard.h"

namespace crosspoint {

// Times of the bus's own logic; always passed in, never read inside the core.
using SteadyTime = std::chrono::steady_clock::time_point;

// One change of one key, on its way to every replica. The store gave it the shard's next revision in the same atomic
// step that made the change, so within one epoch a shard's revisions are 1, 2, 3, … without holes.
struct BusFrame {
  std::string epoch;  // names the store's history; another epoch means revisions began anew. Never empty
  ShardId shard;
  uint64_t revision = 0;  // from 1
  std::string key;
  std::string payload;      // opaque to the bus; by convention empty means deleted
  std::string traceparent;  // W3C trace context of the request that made the change; may be empty
  std::string request_id;   // may be empty
  TimePoint publish_time{};

  bool operator==(const BusFrame&) const = default;
};

struct SnapshotEntry {
  std::string key;
  uint64_t revision = 0;  // of the key's last change; 0 where the store does not keep it
  std::string payload;

  bool operator==(const SnapshotEntry&) const = default;
};

// Everything a shard holds at one revision, read from the store in one atomic step.
struct ShardSnapshot {
  ShardId shard;
  std::string epoch;
  uint64_t revision = 0;  // 0: nothing was ever written to this shard
  std::vector<SnapshotEntry> entries;
};

// How far every shard has come in the store.
struct ShardRevisions {
  std::string epoch;
  std::array<uint64_t, kShardCount> revisions{};
};

}  // namespace crosspoint
