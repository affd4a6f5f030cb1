#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ids/ids.h"
#include "meeting_sync/domain/calendar_entry.h"
#include "meeting_sync/domain/user_mode.h"

namespace crosspoint::meeting_sync {

enum class Binding { kUnset, kEws, kGraph, kNone };
enum class OutlookUse { kUnset, kAuto, kYes, kNo };

// What holds for users of a tenant whose own is not set.
struct TenantDefaults {
  Binding binding = Binding::kEws;
  bool auto_outlook = true;  // what AUTO comes to as long as nobody tells which add-ins were seen
  OutlookUse outlook_use = OutlookUse::kAuto;

  TenantDefaults(Binding binding, OutlookUse outlook_use = OutlookUse::kAuto, bool auto_outlook = true)
      : binding(binding), auto_outlook(auto_outlook), outlook_use(outlook_use) {}
};

// What the directory says about a user, as far as it matters here.
struct DirectoryUser {
  UserId user;
  std::string address;  // primary e-mail; empty when the user has none
  Binding binding = Binding::kUnset;
  bool deleted = false;
  OutlookUse outlook_use = OutlookUse::kUnset;
  std::string display_name;
  std::vector<std::string> aliases;  // further addresses of the same person
  bool operator==(const DirectoryUser&) const = default;
};

// A user as meetings see one.
struct MeetingUser {
  UserId user;
  std::string address;
  std::string display_name;
  std::vector<std::string> aliases;
  UserMode mode = UserMode::kBridgeOnly;
  std::optional<Mailbox> mailbox;  // in the modes that read one

  bool Owns(const std::string& email) const;  // whether the address is the user's
};

// The users of the configured tenants and which of them have a mailbox that is read. Filled from the directory, asked
// by everybody. Thread-safe; the listener is called without a lock, on the directory's thread.
class UserBook {
 public:
  enum class Gone {
    kNoLonger,  // deleted, or the mailbox is somewhere else: nothing of it is true any more
    kUnsure,    // the directory began anew without this user: stop reading, take nothing back
  };
  struct Listener {
    std::function<void(const Mailbox&)> on_mailbox;  // new, or under a new address
    std::function<void(const UserId&, Gone)> on_gone;
  };

  // `tenants`: configured tenants with their defaults.
  explicit UserBook(std::map<TenantId, TenantDefaults> tenants) : tenants_(std::move(tenants)) {}

  // What is known already is told at once.
  void SetListener(Listener listener);

  void Put(const DirectoryUser& user);
  // The directory begins anew: whoever is not named until Synced is gone.
  void Restart(const TenantId& tenant);
  void Synced(const TenantId& tenant);

  // The user's mailbox.
  //   kUnavailable         USERS_UNKNOWN: the directory has not answered yet
  //   kNotFound            no such user, or tenant not configured
  //   kFailedPrecondition  NO_MAILBOX: none, or PROVIDER_NOT_SERVED: with a provider that is not read here
  absl::StatusOr<Mailbox> MailboxOf(const UserId& user) const;
  // Whoever the directory names, with or without a mailbox. Errors as above, but NO_MAILBOX.
  absl::StatusOr<MeetingUser> Find(const UserId& user) const;
  // Users with a mailbox after `after`, in order, at most `limit`.
  std::vector<UserId> ListMailboxes(const TenantId& tenant, const std::string& after, size_t limit) const;
  size_t mailbox_count() const;
  std::vector<Mailbox> Mailboxes() const;

 private:
  struct Entry {
    DirectoryUser user;
    bool named = true;  // since the last Restart
  };
  Binding EffectiveBinding(const DirectoryUser& user) const;
  std::optional<Mailbox> Readable(const DirectoryUser& user) const;
  bool UsesOutlook(const DirectoryUser& user) const;
  absl::StatusOr<DirectoryUser> Named(const UserId& user) const;

  const std::map<TenantId, TenantDefaults> tenants_;
  mutable std::mutex mu_;
  std::map<UserId, Entry> users_;  // guarded by mu_
  std::set<TenantId> synced_;      // guarded by mu_
  Listener listener_;              // guarded by mu_
};

}  // namespace crosspoint::meeting_sync
