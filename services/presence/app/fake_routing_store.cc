#include "presence/app/fake_routing_store.h"

#include "common/status/status.h"

namespace crosspoint::presence {
namespace {

template <class T>
absl::StatusOr<std::string> Write(T& stored, std::string& stored_etag, const T& value, const std::string& etag) {
  if (!etag.empty() && etag != stored_etag) {
    return ErrorWithInfo(absl::StatusCode::kAborted, "changed since it was read",
                         {"ETAG_STALE", "presence.crosspoint", {}});
  }
  if (value != stored) {
    stored = value;
    stored_etag = std::to_string(std::stoi(stored_etag) + 1);
  }
  return stored_etag;
}

}  // namespace

UserRouting& FakeRoutingStore::Known(const UserId& user) {
  return users_.try_emplace(user, UserRouting{{}, "0", {}, "0"}).first->second;
}

absl::StatusOr<UserRouting> FakeRoutingStore::Read(const UserId& user, Deadline) {
  const std::lock_guard lock(mu_);
  return Known(user);
}

absl::StatusOr<std::string> FakeRoutingStore::WriteProfile(const UserId& user, const RoutingProfile& profile,
                                                           const std::string& etag, Deadline) {
  const std::lock_guard lock(mu_);
  auto& known = Known(user);
  return Write(known.profile, known.profile_etag, profile, etag);
}

absl::StatusOr<std::string> FakeRoutingStore::WriteRules(const UserId& user, const std::vector<RoutingRule>& rules,
                                                         const std::string& etag, Deadline) {
  const std::lock_guard lock(mu_);
  auto& known = Known(user);
  return Write(known.rules, known.rules_etag, rules, etag);
}

}  // namespace crosspoint::presence
