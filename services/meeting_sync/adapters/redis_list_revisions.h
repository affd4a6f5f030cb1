#pragma once

#include "common/redis/client.h"
#include "meeting_sync/app/meeting_watch.h"

namespace crosspoint::meeting_sync {

// Revisions of the bridge's records and of imported meetings, all asked at once. Thread-safe.
class RedisListRevisions final : public ListRevisions {
 public:
  explicit RedisListRevisions(RedisClient& redis) : redis_(redis) {}
  absl::StatusOr<std::vector<std::string>> Of(const std::vector<UserId>& users) override;

 private:
  RedisClient& redis_;
};

}  // namespace crosspoint::meeting_sync
