#pragma once

#include <string>
#include <vector>

#include "common/ids/ids.h"
#include "common/redis/client.h"
#include "directory/app/ports.h"

namespace crosspoint::directory {

// Users in Redis, all keys of a tenant under the tag cp:{directory:TENANT}:
//   user:ID     hash  data (user_record.h), emails (blank-separated, folded), ext, rev, created, updated, deleted
//   emails      hash  folded address -> user id          extensions  hash  extension -> user id
//   ids         zset  all ids, for listing in order      changed     zset  id by revision of its last change
//   meta        hash  epoch, revision                    request:ID  string  hash and user id, 24 hours
// Each write is one script.
class RedisUserStore final : public UserStore {
 public:
  // `ids` gives epochs.
  RedisUserStore(RedisClient& redis, IdSource& ids) : redis_(redis), ids_(ids) {}

  std::vector<absl::StatusOr<User>> Create(const std::vector<NewUser>& users, Deadline deadline) override;
  absl::StatusOr<User> Get(const UserId& id, Deadline deadline) override;
  absl::StatusOr<UserPage> List(const TenantId& tenant, const std::string& after, size_t limit, bool with_deleted,
                                Deadline deadline) override;
  absl::StatusOr<User> Update(const User& user, uint64_t revision, Deadline deadline) override;
  absl::StatusOr<User> Delete(const UserId& id, uint64_t revision, Deadline deadline) override;
  absl::StatusOr<User> Undelete(const UserId& id, Deadline deadline) override;
  absl::StatusOr<UserChanges> ReadChanges(const TenantId& tenant, const std::string& epoch, uint64_t revision,
                                          size_t limit, Deadline deadline) override;

 private:
  struct Write {
    std::string mode;  // create, update, delete, undelete
    User user;
    uint64_t revision = 0;
    std::string request_id;
    std::string request_hash;
  };
  std::vector<std::string> Keys(const Write& write) const;
  std::vector<std::string> Args(const Write& write);
  absl::StatusOr<User> Run(const Write& write, Deadline deadline);
  absl::StatusOr<User> ReadAnswer(const UserId& id, const absl::StatusOr<RedisReply>& reply, Deadline deadline);

  RedisClient& redis_;
  IdSource& ids_;
};

}  // namespace crosspoint::directory
