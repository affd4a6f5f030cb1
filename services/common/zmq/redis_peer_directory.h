#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "common/zmq/ports.h"

namespace crosspoint {

class RedisClient;

// Peers in Redis: one hash per channel, `cp:{bus}:peers:<channel>`, endpoint -> "expiry_ms key". Leases are measured by
// Redis's clock alone; whoever reads sweeps out what has expired. The prefix `cp:{bus}` is shared by all services.
class RedisPeerDirectory final : public PeerDirectory {
 public:
  explicit RedisPeerDirectory(RedisClient& redis, std::chrono::milliseconds timeout = std::chrono::milliseconds(1000))
      : redis_(redis), timeout_(timeout) {}

  absl::Status Register(std::string_view channel, const Peer& self, std::chrono::milliseconds lease) override;
  absl::Status Unregister(std::string_view channel, const Peer& self) override;
  absl::StatusOr<std::vector<Peer>> List(std::string_view channel) override;

 private:
  std::chrono::steady_clock::time_point Deadline() const { return std::chrono::steady_clock::now() + timeout_; }

  RedisClient& redis_;
  std::chrono::milliseconds timeout_;
};

}  // namespace crosspoint
