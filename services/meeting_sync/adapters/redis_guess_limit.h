#pragma once

#include "common/redis/client.h"
#include "meeting_sync/app/guess_limits.h"
#include "meeting_sync/app/join_desk.h"

namespace crosspoint::meeting_sync {

// Wrong codes counted by Redis, for all replicas together. Volatile. Thread-safe.
class RedisGuessLimit final : public GuessLimit {
 public:
  RedisGuessLimit(RedisClient& redis, const GuessLimits& limits) : redis_(redis), limits_(limits) {}

  absl::Status Take(const std::string& peer, Deadline deadline) override;
  void GiveBack(const std::string& peer, Deadline deadline) override;

 private:
  RedisClient& redis_;
  const GuessLimits limits_;
};

}  // namespace crosspoint::meeting_sync
