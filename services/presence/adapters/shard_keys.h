#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "common/zmq/shard.h"
#include "presence/app/ports.h"

namespace crosspoint::presence {

inline constexpr char kEpochKey[] = "cp:{presence:_}:epoch";

// "cp:{presence:17}:records"
inline std::string ShardKey(uint8_t shard, std::string_view kind) {
  return "cp:{presence:" + std::to_string(shard) + "}:" + std::string(kind);
}

inline uint8_t ShardOfUser(std::string_view user) { return ShardOf(user).value; }

// The epoch of the store as this replica last read it. Thread-safe.
class KnownEpoch {
 public:
  std::string Get() const {
    const std::lock_guard lock(mu_);
    return epoch_;
  }
  void Set(std::string epoch) {
    const std::lock_guard lock(mu_);
    epoch_ = std::move(epoch);
  }

 private:
  mutable std::mutex mu_;
  std::string epoch_;  // guarded by mu_; empty until read
};

}  // namespace crosspoint::presence
