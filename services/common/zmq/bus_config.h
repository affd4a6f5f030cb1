#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>

#include "absl/status/statusor.h"

namespace crosspoint {

namespace config {
class Binder;
}

struct BusConfig {
  std::string bind = "tcp://127.0.0.1:*";  // where this node publishes; "*" takes a free port
  std::string advertise_host;              // how others reach it, e.g. the pod's address; empty: as bound
  // One line: the node's CURVE secret key in Z85 (40 characters). Empty: a fresh key pair at every start.
  std::filesystem::path curve_secret_file;

  std::chrono::milliseconds heartbeat{250};
  std::chrono::milliseconds lease{5000};      // a node silent for longer is no peer any more
  std::chrono::milliseconds peer_poll{1000};  // how often the directory is read and the own lease renewed
  std::chrono::milliseconds hold{50};         // how long an out-of-order frame may wait for the missing one

  // Frames that may wait for one slow reader, on either side of the wire, before frames are dropped (and found
  // missing).
  int high_water_mark = 131'072;
  // Frames that may wait inside this process for the sending or the receiving thread.
  size_t max_queued_frames = 131'072;
  // Bounds of what waits for a missing frame or a snapshot.
  size_t max_held_frames_per_shard = 4096;
  size_t max_held_bytes = 32u << 20;
  // One snapshot read covers at most so many shards: bounds its size.
  size_t max_shards_per_fetch = 32;
};

// As a block of a service's configuration: `binder.Block("bus", config.bus)`.
void BindConfig(config::Binder& binder, BusConfig& config);

// What others connect to, given the address that was bound ("tcp://0.0.0.0:5555").
//   kInvalidArgument  bound to every address and no host to advertise
absl::StatusOr<std::string> AdvertisedEndpoint(const std::string& bound, const std::string& advertise_host);

}  // namespace crosspoint
