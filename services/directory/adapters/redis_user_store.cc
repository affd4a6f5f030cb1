#include "directory/adapters/redis_user_store.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "common/status/status.h"
#include "directory/adapters/redis_errors.h"
#include "directory/adapters/user_record.h"
#include "directory/adapters/user_scripts.h"

namespace crosspoint::directory {
namespace {

constexpr char kDomain[] = "directory.crosspoint";

absl::Status Taken(const char* reason, const std::string& field, const std::string& value) {
  return ErrorWithInfo(absl::StatusCode::kAlreadyExists, field + ": " + value + " belongs to another user",
                       {.reason = reason, .domain = kDomain, .metadata = {{"field", field}, {"value", value}}});
}

// The fields of a stored user, from `begin` on: data, rev, created, updated, deleted.
absl::StatusOr<User> ReadUser(const UserId& id, const std::vector<RedisReply>& fields, size_t begin) {
  if (fields.size() < begin + 5 || fields[begin].is_nil()) return absl::NotFoundError(id.Name() + " does not exist");
  CROSSPOINT_ASSIGN_OR_RETURN(auto user, DecodeUser(fields[begin].text()));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto revision, fields[begin + 1].AsInteger());
  CROSSPOINT_ASSIGN_OR_RETURN(user.create_time_us, fields[begin + 2].AsInteger());
  CROSSPOINT_ASSIGN_OR_RETURN(user.update_time_us, fields[begin + 3].AsInteger());
  CROSSPOINT_ASSIGN_OR_RETURN(user.delete_time_us, fields[begin + 4].AsInteger());
  user.revision = static_cast<uint64_t>(revision);
  user.id = id;
  return user;
}

absl::Status Refusal(const UserId& id, const std::string& word, const std::string& detail) {
  if (word == "email_taken") return Taken("EMAIL_TAKEN", "user.email", detail);
  if (word == "extension_taken") return Taken("EXTENSION_TAKEN", "user.extension", detail);
  if (word == "missing") return absl::NotFoundError(id.Name() + " does not exist");
  if (word == "stale") return StaleEtag("user");
  if (word == "not_deleted") {
    return ErrorWithInfo(absl::StatusCode::kFailedPrecondition, id.Name() + " is not deleted",
                         {.reason = "NOT_DELETED", .domain = kDomain, .metadata = {}});
  }
  if (word == "request_reused") return RequestIdReused();
  return absl::InternalError("directory_write_user answered " + word);
}

}  // namespace

std::vector<std::string> RedisUserStore::Keys(const Write& write) const {
  const auto prefix = KeyPrefix(write.user.id.tenant);
  return {prefix + "user:" + write.user.id.value,
          prefix + "emails",
          prefix + "extensions",
          prefix + "meta",
          prefix + "changed",
          prefix + "ids",
          prefix + "request:" + write.request_id};
}

std::vector<std::string> RedisUserStore::Args(const Write& write) {
  std::vector<std::string> args = {write.mode,
                                   write.user.id.value,
                                   EncodeUser(write.user),
                                   write.user.extension,
                                   write.revision == 0 ? "" : std::to_string(write.revision),
                                   write.request_id.empty() ? "" : write.request_hash,
                                   ids_.NewId("e")};
  for (auto& email : FoldedEmails(write.user)) args.push_back(std::move(email));
  return args;
}

absl::StatusOr<User> RedisUserStore::ReadAnswer(const UserId& id, const absl::StatusOr<RedisReply>& reply,
                                                Deadline deadline) {
  if (!reply.ok()) return reply.status();
  const auto& parts = reply->array();
  if (parts.empty()) return absl::InternalError("directory_write_user answered nothing");
  const auto& word = parts[0].text();
  const std::string detail = parts.size() > 1 ? parts[1].text() : "";
  if (word == "ok") return ReadUser(id, parts, 1);
  if (word == "repeated") return Get({id.tenant, detail}, deadline);
  return Refusal(id, word, detail);
}

absl::StatusOr<User> RedisUserStore::Run(const Write& write, Deadline deadline) {
  return ReadAnswer(write.user.id, redis_.RunScriptDurable(kWriteUser, Keys(write), Args(write), deadline), deadline);
}

std::vector<absl::StatusOr<User>> RedisUserStore::Create(const std::vector<NewUser>& users, Deadline deadline) {
  // All are sent before the first answer is awaited: an import costs one round trip per batch, not per user.
  std::mutex mu;
  std::condition_variable all_in;
  size_t waiting = users.size();
  std::vector<absl::StatusOr<RedisReply>> replies(users.size(), absl::UnknownError(""));
  for (size_t i = 0; i < users.size(); ++i) {
    const Write write{"create", users[i].user, 0, users[i].request_id, users[i].request_hash};
    redis_.RunScriptDurableAsync(kWriteUser, Keys(write), Args(write), deadline,
                                 [&, i](absl::StatusOr<RedisReply> reply) {
                                   const std::lock_guard lock(mu);
                                   replies[i] = std::move(reply);
                                   if (--waiting == 0) all_in.notify_all();
                                 });
  }
  {
    std::unique_lock lock(mu);
    all_in.wait(lock, [&] { return waiting == 0; });
  }
  std::vector<absl::StatusOr<User>> created;
  created.reserve(users.size());
  for (size_t i = 0; i < users.size(); ++i) created.push_back(ReadAnswer(users[i].user.id, replies[i], deadline));
  return created;
}

absl::StatusOr<User> RedisUserStore::Get(const UserId& id, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, redis_.Call({"HMGET", KeyPrefix(id.tenant) + "user:" + id.value, "data",
                                                             "rev", "created", "updated", "deleted"},
                                                            deadline));
  return ReadUser(id, reply.array(), 0);
}

absl::StatusOr<UserPage> RedisUserStore::List(const TenantId& tenant, const std::string& after, size_t limit,
                                              bool with_deleted, Deadline deadline) {
  const auto prefix = KeyPrefix(tenant);
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply,
      redis_.RunScript(kListUsers, {prefix + "ids"},
                       {prefix + "user:", after, std::to_string(limit), with_deleted ? "1" : "0"}, deadline));
  UserPage page;
  const auto& parts = reply.array();
  if (parts.empty()) return absl::InternalError("directory_list_users answered nothing");
  page.last_id = parts[0].text();
  for (size_t i = 1; i < parts.size(); ++i) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto user, ReadUser({tenant, parts[i].array().at(0).text()}, parts[i].array(), 1));
    page.users.push_back(std::move(user));
  }
  return page;
}

absl::StatusOr<User> RedisUserStore::Update(const User& user, uint64_t revision, Deadline deadline) {
  return Run({"update", user, revision, "", ""}, deadline);
}

absl::StatusOr<User> RedisUserStore::Delete(const UserId& id, uint64_t revision, Deadline deadline) {
  return Run({"delete", User{.id = id}, revision, "", ""}, deadline);
}

absl::StatusOr<User> RedisUserStore::Undelete(const UserId& id, Deadline deadline) {
  return Run({"undelete", User{.id = id}, 0, "", ""}, deadline);
}

absl::StatusOr<UserChanges> RedisUserStore::ReadChanges(const TenantId& tenant, const std::string& epoch,
                                                        uint64_t revision, size_t limit, Deadline deadline) {
  const auto prefix = KeyPrefix(tenant);
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply,
      redis_.RunScript(kReadUserChanges, {prefix + "meta", prefix + "changed"},
                       {prefix + "user:", epoch, std::to_string(revision), std::to_string(limit), ids_.NewId("e")},
                       deadline));
  const auto& parts = reply.array();
  if (parts.size() < 3) return absl::InternalError("directory_read_changes answered too little");
  UserChanges changes{.epoch = parts[0].text(), .complete = parts[2].integer() == 1};
  CROSSPOINT_ASSIGN_OR_RETURN(const auto at, parts[1].AsInteger());
  changes.revision = static_cast<uint64_t>(at);
  for (size_t i = 3; i < parts.size(); ++i) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto user, ReadUser({tenant, parts[i].array().at(0).text()}, parts[i].array(), 1));
    changes.users.push_back(std::move(user));
  }
  return changes;
}

}  // namespace crosspoint::directory
