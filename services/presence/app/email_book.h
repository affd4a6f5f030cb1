#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ids/ids.h"

namespace crosspoint::presence {

// Whose users are to be told to the book.
class TenantFollower {
 public:
  virtual ~TenantFollower() = default;
  // Begins to, unless it is being done already. Cheap, never blocks.
  virtual void Follow(const TenantId& tenant) = 0;
};

// Who has which e-mail address or alias, as the directory says. Case does not count. Thread-safe.
class EmailBook {
 public:
  // The directory begins anew: whoever is not put until Synced is gone.
  void Restart(const TenantId& tenant);
  // All addresses of a user; none when it is deleted.
  void Put(const UserId& user, const std::vector<std::string>& emails);
  void Synced(const TenantId& tenant);

  // Whose each of the addresses is; nullopt: nobody's.
  //   kUnavailable  USERS_UNKNOWN: the directory has not told all users of the tenant yet
  absl::StatusOr<std::vector<std::optional<UserId>>> Find(const TenantId& tenant,
                                                          const std::vector<std::string>& emails) const;
  size_t users() const;

 private:
  struct Tenant {
    bool known = false;  // has been told completely once
    bool restarting = false;
    std::unordered_map<std::string, std::string> users;                // by folded address
    std::unordered_map<std::string, std::vector<std::string>> emails;  // folded, by user
    std::unordered_set<std::string> told;                              // since the restart
  };
  static void Drop(Tenant& tenant, const std::string& user);

  mutable std::mutex mu_;
  std::map<TenantId, Tenant> tenants_;  // guarded by mu_
};

// Finds people by address in the tenants somebody asks about: each is followed from its first use.
class PeopleFinder {
 public:
  // Both must outlive the finder.
  PeopleFinder(const EmailBook& book, TenantFollower& follower) : book_(book), follower_(follower) {}

  // As EmailBook::Find. The first question about a tenant is answered once the directory has told its users.
  absl::StatusOr<std::vector<std::optional<UserId>>> Find(const TenantId& tenant,
                                                          const std::vector<std::string>& emails);

 private:
  const EmailBook& book_;
  TenantFollower& follower_;
};

}  // namespace crosspoint::presence
