#include "voicemail/app/user_book.h"

#include "common/phone/phone_number.h"
#include "common/status/status.h"
#include "voicemail/app/reasons.h"

namespace crosspoint::voicemail {

void UserBook::Put(const OwnUser& user) {
  const auto tenant = tenants_.find(user.id.tenant);
  if (tenant == tenants_.end()) return;
  Entry entry{.user = user};
  if (!user.extension.empty()) entry.numbers.push_back(user.extension);
  for (const auto& typed : user.phones) {
    if (const auto number = phone::ParseNumber(typed, tenant->second.region); number.ok()) {
      entry.numbers.push_back(number->e164);
    }
  }
  const std::lock_guard lock(mu_);
  if (const auto it = users_.find(user.id); it != users_.end()) ForgetLocked(it);
  auto& numbers = by_number_[user.id.tenant];
  for (const auto& number : entry.numbers) numbers[number].insert(user.id);
  users_.insert_or_assign(user.id, std::move(entry));
}

void UserBook::ForgetLocked(std::map<UserId, Entry>::iterator it) {
  auto& numbers = by_number_[it->first.tenant];
  for (const auto& number : it->second.numbers) {
    const auto found = numbers.find(number);
    if (found == numbers.end()) continue;
    found->second.erase(it->first);
    if (found->second.empty()) numbers.erase(found);
  }
  users_.erase(it);
}

void UserBook::Remove(const UserId& id) {
  const std::lock_guard lock(mu_);
  if (const auto it = users_.find(id); it != users_.end()) ForgetLocked(it);
}

void UserBook::Restart(const TenantId& tenant) {
  const std::lock_guard lock(mu_);
  for (auto& [id, entry] : users_) {
    if (id.tenant == tenant) entry.named = false;
  }
}

void UserBook::Synced(const TenantId& tenant) {
  const std::lock_guard lock(mu_);
  synced_.insert(tenant);
  for (auto it = users_.begin(); it != users_.end();) {
    const auto current = it++;
    if (current->first.tenant == tenant && !current->second.named) ForgetLocked(current);
  }
}

absl::StatusOr<OwnUser> UserBook::Find(const UserId& id) const {
  const std::lock_guard lock(mu_);
  if (const auto it = users_.find(id); it != users_.end()) return it->second.user;
  if (!tenants_.contains(id.tenant) || synced_.contains(id.tenant)) return NotThere("no such user");
  return Refused(absl::StatusCode::kUnavailable, "USERS_UNKNOWN", "the directory has not told its users yet");
}

std::optional<OwnUser> UserBook::ByNumber(const TenantId& tenant, const std::string& number) const {
  if (number.empty()) return std::nullopt;
  const std::lock_guard lock(mu_);
  const auto numbers = by_number_.find(tenant);
  if (numbers == by_number_.end()) return std::nullopt;
  const auto found = numbers->second.find(number);
  if (found == numbers->second.end() || found->second.empty()) return std::nullopt;
  return users_.at(*found->second.begin()).user;
}

Binding UserBook::BindingOf(const OwnUser& user) const {
  return user.binding == Binding::kUnset ? tenants_.at(user.id.tenant).default_binding : user.binding;
}

absl::StatusOr<MailboxAddress> UserBook::MailboxOf(const UserId& id) const {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, Find(id));
  const auto binding = BindingOf(user);
  if (binding == Binding::kGraph) {
    return Refused(absl::StatusCode::kFailedPrecondition, "PROVIDER_NOT_SERVED",
                   "the user's mailbox is with a provider that voice messages cannot be put into");
  }
  if (binding != Binding::kEws || user.email.empty()) {
    return Refused(absl::StatusCode::kFailedPrecondition, "NO_MAILBOX", "the user has no mailbox");
  }
  return MailboxAddress{id, user.email};
}

std::vector<UserId> UserBook::UsersOf(const TenantId& tenant) const {
  std::vector<UserId> users;
  const std::lock_guard lock(mu_);
  for (auto it = users_.lower_bound(UserId{tenant, ""}); it != users_.end() && it->first.tenant == tenant; ++it) {
    users.push_back(it->first);
  }
  return users;
}

std::string UserBook::RegionOf(const TenantId& tenant) const {
  const auto it = tenants_.find(tenant);
  return it == tenants_.end() ? "" : it->second.region;
}

std::vector<TenantId> UserBook::tenants() const {
  std::vector<TenantId> all;
  for (const auto& [id, rules] : tenants_) all.push_back(id);
  return all;
}

bool UserBook::synced() const {
  const std::lock_guard lock(mu_);
  return synced_.size() == tenants_.size();
}

}  // namespace crosspoint::voicemail
