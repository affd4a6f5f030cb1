#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "common/zmq/ports.h"

namespace crosspoint {

// For tests and programs of one process: peers in memory. Leases do not run out; `Forget` stands for that.
class FakePeerDirectory final : public PeerDirectory {
 public:
  absl::Status Register(std::string_view channel, const Peer& self, std::chrono::milliseconds) override {
    const std::lock_guard lock(mu_);
    if (away_) return absl::UnavailableError("directory is away");
    std::erase_if(peers_, [&](const auto& p) { return p.first == channel && p.second.endpoint == self.endpoint; });
    peers_.emplace_back(channel, self);
    return absl::OkStatus();
  }

  absl::Status Unregister(std::string_view channel, const Peer& self) override {
    const std::lock_guard lock(mu_);
    if (away_) return absl::UnavailableError("directory is away");
    std::erase_if(peers_, [&](const auto& p) { return p.first == channel && p.second == self; });
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<Peer>> List(std::string_view channel) override {
    const std::lock_guard lock(mu_);
    if (away_) return absl::UnavailableError("directory is away");
    std::vector<Peer> out;
    for (const auto& [name, peer] : peers_) {
      if (name == channel) out.push_back(peer);
    }
    return out;
  }

  // As if the lease of `endpoint` had run out.
  void Forget(std::string_view endpoint) {
    const std::lock_guard lock(mu_);
    std::erase_if(peers_, [&](const auto& p) { return p.second.endpoint == endpoint; });
  }

  // While away every call fails with kUnavailable.
  void SetAway(bool away) {
    const std::lock_guard lock(mu_);
    away_ = away;
  }

 private:
  std::mutex mu_;
  std::vector<std::pair<std::string, Peer>> peers_;  // guarded by mu_
  bool away_ = false;                                // guarded by mu_
};

}  // namespace crosspoint
