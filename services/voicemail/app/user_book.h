#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ids/ids.h"
#include "voicemail/domain/mailbox_copy.h"

namespace crosspoint::voicemail {

enum class Binding { kUnset, kEws, kGraph, kNone };

// What the directory says about a user, as far as it matters here.
struct OwnUser {
  UserId id;
  std::string display_name;
  std::string email;  // empty when the user has none
  std::string extension;
  std::vector<std::string> phones;  // as typed
  Binding binding = Binding::kUnset;
};

struct TenantRules {
  Binding default_binding = Binding::kEws;  // of users whose own is not set
  std::string region;                       // of numbers without a country code, as "DE"; empty: none are read
};

// The users of the configured tenants, by id and by number. Filled from the directory, asked by everybody. Thread-safe.
class UserBook {
 public:
  explicit UserBook(std::map<TenantId, TenantRules> tenants) : tenants_(std::move(tenants)) {}

  void Put(const OwnUser& user);
  void Remove(const UserId& id);
  // The directory begins anew: whoever is not named until Synced is gone.
  void Restart(const TenantId& tenant);
  void Synced(const TenantId& tenant);

  //   kUnavailable  USERS_UNKNOWN: the directory has not answered yet
  //   kNotFound     no such user, or tenant not configured
  absl::StatusOr<OwnUser> Find(const UserId& id) const;
  // Whose extension or phone it is; of several the first by id.
  std::optional<OwnUser> ByNumber(const TenantId& tenant, const std::string& number) const;
  // As Find, and
  //   kFailedPrecondition  NO_MAILBOX: none, or PROVIDER_NOT_SERVED: with a provider that is not served here
  absl::StatusOr<MailboxAddress> MailboxOf(const UserId& id) const;
  std::vector<UserId> UsersOf(const TenantId& tenant) const;
  std::string RegionOf(const TenantId& tenant) const;
  std::vector<TenantId> tenants() const;
  bool synced() const;  // every tenant at least once

 private:
  struct Entry {
    OwnUser user;
    std::vector<std::string> numbers;  // by which it is found
    bool named = true;                 // since the last Restart
  };
  void ForgetLocked(std::map<UserId, Entry>::iterator it);
  Binding BindingOf(const OwnUser& user) const;

  const std::map<TenantId, TenantRules> tenants_;
  mutable std::mutex mu_;
  std::map<UserId, Entry> users_;                                          // guarded by mu_
  std::map<TenantId, std::map<std::string, std::set<UserId>>> by_number_;  // guarded by mu_
  std::set<TenantId> synced_;                                              // guarded by mu_
};

}  // namespace crosspoint::voicemail
