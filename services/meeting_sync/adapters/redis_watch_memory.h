#pragma once

#include "common/redis/client.h"
#include "meeting_sync/app/meeting_watch.h"

namespace crosspoint::meeting_sync {

// What lists were told, each for a day. Volatile: a lost one is a gap. Thread-safe.
class RedisWatchMemory final : public WatchMemory {
 public:
  explicit RedisWatchMemory(RedisClient& redis) : redis_(redis) {}

  absl::Status Remember(const UserId& user, const std::string& token, const ListVersion& version) override;
  absl::StatusOr<std::optional<ListVersion>> Recall(const UserId& user, const std::string& token) override;

 private:
  RedisClient& redis_;
};

}  // namespace crosspoint::meeting_sync
