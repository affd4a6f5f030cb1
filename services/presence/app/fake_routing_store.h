#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "presence/app/call_router.h"

namespace crosspoint::presence {

// The store in memory, for tests of use cases.
class FakeRoutingStore final : public RoutingStore {
 public:
  absl::StatusOr<UserRouting> Read(const UserId& user, Deadline deadline) override;
  absl::StatusOr<std::string> WriteProfile(const UserId& user, const RoutingProfile& profile, const std::string& etag,
                                           Deadline deadline) override;
  absl::StatusOr<std::string> WriteRules(const UserId& user, const std::vector<RoutingRule>& rules,
                                         const std::string& etag, Deadline deadline) override;

 private:
  UserRouting& Known(const UserId& user);

  std::mutex mu_;
  std::map<UserId, UserRouting> users_;  // guarded by mu_
};

}  // namespace crosspoint::presence
