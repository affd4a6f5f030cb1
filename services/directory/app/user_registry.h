#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "common/ids/ids.h"
#include "directory/app/ports.h"

namespace crosspoint::directory {

// Creates, changes and removes users. Thread-safe.
class UserRegistry {
 public:
  // `on_change` runs after every successful write, on the caller's thread; it must not wait.
  UserRegistry(UserStore& store, ChangeAnnouncer& announcer, IdSource& ids,
               std::function<void(const TenantId&)> on_change);

  // Each of `users` is checked and created by itself, below the field name given with it. Ids are assigned here, the
  // tenant is `tenant`.
  struct Request {
    NewUser user;
    std::string field;  // for messages: "user", "requests[3].user"
  };
  std::vector<absl::StatusOr<User>> Create(const TenantId& tenant, std::vector<Request> requests, Deadline deadline);

  // Not those that are deleted.
  absl::StatusOr<User> Get(const UserId& id, Deadline deadline);
  absl::StatusOr<UserPage> List(const TenantId& tenant, const std::string& after, size_t limit, bool with_deleted,
                                Deadline deadline);

  // Reads the user, lets `change` alter it, writes it back; again when somebody was faster, unless `revision` is given.
  absl::StatusOr<User> Update(const UserId& id, uint64_t revision, const std::function<void(User&)>& change,
                              Deadline deadline);
  absl::StatusOr<User> Delete(const UserId& id, uint64_t revision, Deadline deadline);
  absl::StatusOr<User> Undelete(const UserId& id, Deadline deadline);

 private:
  absl::StatusOr<User> Told(absl::StatusOr<User> written);

  UserStore& store_;
  ChangeAnnouncer& announcer_;
  IdSource& ids_;
  std::function<void(const TenantId&)> on_change_;
};

}  // namespace crosspoint::directory
