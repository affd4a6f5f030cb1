#include "presence/app/email_book.h"

#include <utility>

#include "common/status/status.h"

namespace crosspoint::presence {
namespace {

// As the directory compares them.
std::string Fold(std::string_view email) {
  std::string folded(email);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

}  // namespace

void EmailBook::Restart(const TenantId& id) {
  const std::lock_guard lock(mu_);
  auto& tenant = tenants_[id];
  tenant.restarting = true;
  tenant.told.clear();
}

void EmailBook::Drop(Tenant& tenant, const std::string& user) {
  const auto at = tenant.emails.find(user);
  if (at == tenant.emails.end()) return;
  for (const auto& email : at->second) {
    // It may have passed to somebody else meanwhile.
    if (const auto owner = tenant.users.find(email); owner != tenant.users.end() && owner->second == user) {
      tenant.users.erase(owner);
    }
  }
  tenant.emails.erase(at);
}

void EmailBook::Put(const UserId& user, const std::vector<std::string>& emails) {
  const std::lock_guard lock(mu_);
  auto& tenant = tenants_[user.tenant];
  Drop(tenant, user.value);
  if (tenant.restarting) tenant.told.insert(user.value);
  std::vector<std::string> folded;
  for (const auto& email : emails) {
    if (email.empty()) continue;
    folded.push_back(Fold(email));
    tenant.users[folded.back()] = user.value;
  }
  if (!folded.empty()) tenant.emails[user.value] = std::move(folded);
}

void EmailBook::Synced(const TenantId& id) {
  const std::lock_guard lock(mu_);
  auto& tenant = tenants_[id];
  tenant.known = true;
  if (!std::exchange(tenant.restarting, false)) return;
  std::vector<std::string> gone;
  for (const auto& [user, emails] : tenant.emails) {
    if (!tenant.told.contains(user)) gone.push_back(user);
  }
  for (const auto& user : gone) Drop(tenant, user);
  tenant.told.clear();
}

absl::StatusOr<std::vector<std::optional<UserId>>> EmailBook::Find(const TenantId& id,
                                                                   const std::vector<std::string>& emails) const {
  const std::lock_guard lock(mu_);
  const auto at = tenants_.find(id);
  if (at == tenants_.end() || !at->second.known) {
    return ErrorWithInfo(absl::StatusCode::kUnavailable, "the directory has not told its users yet",
                         {"USERS_UNKNOWN", "presence.crosspoint", {}});
  }
  std::vector<std::optional<UserId>> found;
  found.reserve(emails.size());
  for (const auto& email : emails) {
    const auto user = at->second.users.find(Fold(email));
    found.push_back(user == at->second.users.end() ? std::nullopt : std::optional(UserId{id, user->second}));
  }
  return found;
}

size_t EmailBook::users() const {
  const std::lock_guard lock(mu_);
  size_t count = 0;
  for (const auto& [id, tenant] : tenants_) count += tenant.emails.size();
  return count;
}

absl::StatusOr<std::vector<std::optional<UserId>>> PeopleFinder::Find(const TenantId& tenant,
                                                                      const std::vector<std::string>& emails) {
  follower_.Follow(tenant);
  return book_.Find(tenant, emails);
}

}  // namespace crosspoint::presence
