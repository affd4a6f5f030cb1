#pragma once

#include <chrono>

#include "common/redis/client.h"
#include "meeting_sync/app/join_desk.h"

namespace crosspoint::meeting_sync {

struct GuessLimits {
  int per_peer = 30;  // wrong codes from one address in a window
  int all = 300;      // from everywhere
  std::chrono::seconds window{60};
};

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
