#pragma once

#include "presence/app/call_router.h"

namespace crosspoint {
class RedisClient;
}

namespace crosspoint::presence {

// One hash per user in its shard, cp:{presence:<shard>}:routing:<tenant>/<user>, with the fields profile and rules,
// each "version|JSON". Thread-safe.
class RedisRoutingStore final : public RoutingStore {
 public:
  // `redis` must outlive the store.
  explicit RedisRoutingStore(RedisClient& redis) : redis_(redis) {}

  absl::StatusOr<UserRouting> Read(const UserId& user, Deadline deadline) override;
  absl::StatusOr<std::string> WriteProfile(const UserId& user, const RoutingProfile& profile, const std::string& etag,
                                           Deadline deadline) override;
  absl::StatusOr<std::string> WriteRules(const UserId& user, const std::vector<RoutingRule>& rules,
                                         const std::string& etag, Deadline deadline) override;

 private:
  absl::StatusOr<std::string> Write(const UserId& user, const char* field, std::string text, const std::string& etag,
                                    Deadline deadline);

  RedisClient& redis_;
};

}  // namespace crosspoint::presence
