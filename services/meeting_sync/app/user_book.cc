#include "meeting_sync/app/user_book.h"

#include <algorithm>

#include "common/status/status.h"
#include "meeting_sync/app/reasons.h"
#include "meeting_sync/domain/meeting_fields.h"

namespace crosspoint::meeting_sync {

Binding UserBook::EffectiveBinding(const DirectoryUser& user) const {
  if (user.binding != Binding::kUnset) return user.binding;
  const auto tenant = tenants_.find(user.user.tenant);
  return tenant == tenants_.end() ? Binding::kNone : tenant->second.binding;
}

std::optional<Mailbox> UserBook::Readable(const DirectoryUser& user) const {
  if (user.deleted || user.address.empty() || EffectiveBinding(user) != Binding::kEws) return std::nullopt;
  return Mailbox{user.user, user.address};
}

void UserBook::SetListener(Listener listener) {
  std::vector<Mailbox> known;
  {
    const std::lock_guard lock(mu_);
    listener_ = listener;
    for (const auto& [id, entry] : users_) {
      if (auto mailbox = Readable(entry.user)) known.push_back(*std::move(mailbox));
    }
  }
  if (!listener.on_mailbox) return;
  for (const auto& mailbox : known) listener.on_mailbox(mailbox);
}

void UserBook::Put(const DirectoryUser& user) {
  if (!tenants_.contains(user.user.tenant)) return;
  std::optional<Mailbox> before;
  Listener listener;
  {
    const std::lock_guard lock(mu_);
    listener = listener_;
    const auto it = users_.find(user.user);
    if (it != users_.end()) before = Readable(it->second.user);
    if (user.deleted) {
      if (it != users_.end()) users_.erase(it);
    } else {
      users_.insert_or_assign(user.user, Entry{.user = user});
    }
  }
  const auto after = Readable(user);
  if (after && after != before && listener.on_mailbox) listener.on_mailbox(*after);
  // Told also without `before`: after a start the directory may still name users deleted while we were away.
  if (!after && listener.on_gone && (before || user.deleted)) listener.on_gone(user.user, Gone::kNoLonger);
}

void UserBook::Restart(const TenantId& tenant) {
  const std::lock_guard lock(mu_);
  for (auto& [id, entry] : users_) {
    if (id.tenant == tenant) entry.named = false;
  }
}

void UserBook::Synced(const TenantId& tenant) {
  std::vector<UserId> gone;
  Listener listener;
  {
    const std::lock_guard lock(mu_);
    listener = listener_;
    synced_.insert(tenant);
    for (auto it = users_.begin(); it != users_.end();) {
      if (it->first.tenant != tenant || it->second.named) {
        ++it;
        continue;
      }
      if (Readable(it->second.user)) gone.push_back(it->first);
      it = users_.erase(it);
    }
  }
  if (!listener.on_gone) return;
  for (const auto& user : gone) listener.on_gone(user, Gone::kUnsure);
}

absl::StatusOr<DirectoryUser> UserBook::Named(const UserId& user) const {
  if (!tenants_.contains(user.tenant)) return NotThere("no such user");
  const std::lock_guard lock(mu_);
  const auto it = users_.find(user);
  if (it != users_.end()) return it->second.user;
  if (synced_.contains(user.tenant)) return NotThere("no such user");
  return Refused(absl::StatusCode::kUnavailable, "USERS_UNKNOWN", "the directory has not told its users yet");
}

absl::StatusOr<Mailbox> UserBook::MailboxOf(const UserId& user) const {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto named, Named(user));
  if (auto mailbox = Readable(named)) return *std::move(mailbox);
  if (EffectiveBinding(named) == Binding::kGraph) {
    return Refused(absl::StatusCode::kFailedPrecondition, "PROVIDER_NOT_SERVED",
                   "the user's mailbox is with a provider that this service does not read");
  }
  return Refused(absl::StatusCode::kFailedPrecondition, "NO_MAILBOX", "the user has no mailbox");
}

bool UserBook::UsesOutlook(const DirectoryUser& user) const {
  const auto tenant = tenants_.find(user.user.tenant);
  if (tenant == tenants_.end()) return false;
  const auto use = user.outlook_use == OutlookUse::kUnset ? tenant->second.outlook_use : user.outlook_use;
  return use == OutlookUse::kYes || (use != OutlookUse::kNo && tenant->second.auto_outlook);
}

absl::StatusOr<MeetingUser> UserBook::Find(const UserId& user) const {
  CROSSPOINT_ASSIGN_OR_RETURN(auto named, Named(user));
  auto mailbox = MailboxOf(user);
  if (!mailbox.ok() && !HasReason(mailbox.status(), "NO_MAILBOX")) return mailbox.status();
  MeetingUser found{.user = user,
                    .address = std::move(named.address),
                    .display_name = std::move(named.display_name),
                    .aliases = std::move(named.aliases),
                    .mode = ModeOf(mailbox.ok(), UsesOutlook(named)),
                    .mailbox = std::nullopt};
  if (mailbox.ok()) found.mailbox = *std::move(mailbox);
  return found;
}

bool MeetingUser::Owns(const std::string& email) const {
  return SameAddress(address, email) ||
         std::any_of(aliases.begin(), aliases.end(), [&](const auto& alias) { return SameAddress(alias, email); });
}

std::vector<UserId> UserBook::ListMailboxes(const TenantId& tenant, const std::string& after, size_t limit) const {
  std::vector<UserId> listed;
  const std::lock_guard lock(mu_);
  for (auto it = users_.upper_bound(UserId{tenant, after}); it != users_.end(); ++it) {
    if (it->first.tenant != tenant || listed.size() == limit) break;
    if (Readable(it->second.user)) listed.push_back(it->first);
  }
  return listed;
}

std::vector<Mailbox> UserBook::Mailboxes() const {
  std::vector<Mailbox> mailboxes;
  const std::lock_guard lock(mu_);
  for (const auto& [id, entry] : users_) {
    if (auto mailbox = Readable(entry.user)) mailboxes.push_back(*std::move(mailbox));
  }
  return mailboxes;
}

size_t UserBook::mailbox_count() const {
  const std::lock_guard lock(mu_);
  return static_cast<size_t>(std::count_if(
      users_.begin(), users_.end(), [this](const auto& entry) { return Readable(entry.second.user).has_value(); }));
}

}  // namespace crosspoint::meeting_sync
