#include "contact/app/user_book.h"

#include "contact/app/reasons.h"

namespace crosspoint::contact {

bool UserBook::IsServed(const User& user) const {
  if (user.deleted || user.email.empty() || !served_.contains(user.id.tenant)) return false;
  const auto usual = defaults_.find(user.id.tenant);
  const auto binding = user.binding == Binding::kDefault && usual != defaults_.end() ? usual->second : user.binding;
  return binding == Binding::kEws;
}

void UserBook::Restart(const TenantId& tenant) {
  const std::lock_guard lock(mu_);
  auto& known = tenants_[tenant];
  known.unseen.clear();
  for (const auto& [user, address] : known.addresses) known.unseen.insert(user);
}

std::optional<Mailbox> UserBook::Put(const User& user) {
  const std::lock_guard lock(mu_);
  auto& known = tenants_[user.id.tenant];
  known.unseen.erase(user.id);
  if (!IsServed(user)) {
    known.addresses.erase(user.id);
    return std::nullopt;
  }
  auto& address = known.addresses[user.id];
  if (address == user.email) return std::nullopt;
  address = user.email;
  return Mailbox{user.id, user.email};
}

void UserBook::Synced(const TenantId& tenant) {
  const std::lock_guard lock(mu_);
  auto& known = tenants_[tenant];
  for (const auto& user : known.unseen) known.addresses.erase(user);
  known.unseen.clear();
  known.synced = true;
}

absl::StatusOr<std::optional<Mailbox>> UserBook::Find(const UserId& user) const {
  const std::lock_guard lock(mu_);
  const auto tenant = tenants_.find(user.tenant);
  if (tenant != tenants_.end()) {
    if (const auto at = tenant->second.addresses.find(user); at != tenant->second.addresses.end()) {
      return std::optional(Mailbox{user, at->second});
    }
    if (tenant->second.synced) return std::optional<Mailbox>();
  }
  if (!defaults_.contains(user.tenant)) return std::optional<Mailbox>();
  return Refused(absl::StatusCode::kUnavailable, kUsersUnknown, "the directory has not told its users yet");
}

std::vector<Mailbox> UserBook::Mailboxes(const TenantId& tenant) const {
  const std::lock_guard lock(mu_);
  std::vector<Mailbox> mailboxes;
  if (const auto known = tenants_.find(tenant); known != tenants_.end()) {
    for (const auto& [user, address] : known->second.addresses) mailboxes.push_back({user, address});
  }
  return mailboxes;
}

size_t UserBook::mailbox_count() const {
  const std::lock_guard lock(mu_);
  size_t count = 0;
  for (const auto& [id, tenant] : tenants_) count += tenant.addresses.size();
  return count;
}

}  // namespace crosspoint::contact
