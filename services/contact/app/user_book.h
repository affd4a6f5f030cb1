#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ids/ids.h"

namespace crosspoint::contact {

// Who holds a user's mailbox. kDefault: as the tenant says.
enum class Binding { kDefault, kEws, kGraph, kNone };

struct Mailbox {
  UserId user;
  std::string address;
  auto operator<=>(const Mailbox&) const = default;
};

// Which users have a mailbox that is read here, as the directory tells. Thread-safe; never waits.
class UserBook {
 public:
  // `defaults`: the binding of users whose own is not set, by tenant; `served`: tenants with an Exchange server.
  UserBook(std::map<TenantId, Binding> defaults, std::set<TenantId> served)
      : defaults_(std::move(defaults)), served_(std::move(served)) {}

  struct User {
    UserId id;
    std::string email;
    Binding binding = Binding::kDefault;
    bool deleted = false;
  };
  void Restart(const TenantId& tenant);
  // The mailbox when it is new or another than before.
  std::optional<Mailbox> Put(const User& user);
  void Synced(const TenantId& tenant);

  // nullopt when the user has none that is read here.
  //   kUnavailable  USERS_UNKNOWN: the directory has not told the tenant's users yet
  absl::StatusOr<std::optional<Mailbox>> Find(const UserId& user) const;
  std::vector<Mailbox> Mailboxes(const TenantId& tenant) const;
  size_t mailbox_count() const;

 private:
  struct Tenant {
    std::map<UserId, std::string> addresses;  // of mailboxes read here
    std::set<UserId> unseen;                  // not named since Restart
    bool synced = false;
  };
  bool IsServed(const User& user) const;

  const std::map<TenantId, Binding> defaults_;
  const std::set<TenantId> served_;
  mutable std::mutex mu_;
  std::map<TenantId, Tenant> tenants_;  // guarded by mu_
};

}  // namespace crosspoint::contact
