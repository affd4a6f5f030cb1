#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "common/status/status.h"
#include "directory/app/ports.h"

namespace crosspoint::directory {

// A UserStore in memory that obeys the same contract suite as the real one (tests/contract/directory). Thread-safe.
class FakeUserStore final : public UserStore {
 public:
  // Every later call fails with this; OK again means reachable.
  void FailWith(absl::Status status) {
    const std::lock_guard lock(mu_);
    failure_ = std::move(status);
  }
  // As after a restore: revisions begin anew under another epoch, the users stay.
  void StartNewEpoch() {
    const std::lock_guard lock(mu_);
    epoch_ += "x";
    revision_ = 0;
    for (auto& [id, user] : users_) user.revision = ++revision_;
  }

  std::vector<absl::StatusOr<User>> Create(const std::vector<NewUser>& users, Deadline) override {
    const std::lock_guard lock(mu_);
    std::vector<absl::StatusOr<User>> results;
    for (const auto& wanted : users) results.push_back(CreateOne(wanted));
    return results;
  }

  absl::StatusOr<User> Get(const UserId& id, Deadline) override {
    const std::lock_guard lock(mu_);
    if (!failure_.ok()) return failure_;
    const auto it = users_.find(id);
    if (it == users_.end()) return absl::NotFoundError(id.Name());
    return it->second;
  }

  absl::StatusOr<UserPage> List(const TenantId& tenant, const std::string& after, size_t limit, bool with_deleted,
                                Deadline) override {
    const std::lock_guard lock(mu_);
    if (!failure_.ok()) return failure_;
    UserPage page;
    for (const auto& [id, user] : users_) {
      if (id.tenant != tenant || id.value <= after || (user.deleted() && !with_deleted)) continue;
      if (page.users.size() == limit) {
        page.last_id = page.users.back().id.value;
        break;
      }
      page.users.push_back(user);
    }
    return page;
  }

  absl::StatusOr<User> Update(const User& user, uint64_t revision, Deadline) override {
    const std::lock_guard lock(mu_);
    CROSSPOINT_RETURN_IF_ERROR(Check(user.id, revision, /*deleted=*/false));
    CROSSPOINT_RETURN_IF_ERROR(Collision(user));
    auto& stored = users_.at(user.id);
    User next = user;
    next.create_time_us = stored.create_time_us;
    next.update_time_us = stored.update_time_us;
    next.delete_time_us = 0;
    next.revision = stored.revision;
    if (next == stored) return stored;
    return Store(std::move(next));
  }

  absl::StatusOr<User> Delete(const UserId& id, uint64_t revision, Deadline) override {
    const std::lock_guard lock(mu_);
    CROSSPOINT_RETURN_IF_ERROR(Check(id, revision, /*deleted=*/false));
    User gone = users_.at(id);
    gone.delete_time_us = ++now_;
    return Store(std::move(gone));
  }

  absl::StatusOr<User> Undelete(const UserId& id, Deadline) override {
    const std::lock_guard lock(mu_);
    CROSSPOINT_RETURN_IF_ERROR(Check(id, 0, /*deleted=*/true));
    User back = users_.at(id);
    back.delete_time_us = 0;
    CROSSPOINT_RETURN_IF_ERROR(Collision(back));
    return Store(std::move(back));
  }

  absl::StatusOr<UserChanges> ReadChanges(const TenantId& tenant, const std::string& epoch, uint64_t revision,
                                          size_t limit, Deadline) override {
    const std::lock_guard lock(mu_);
    if (!failure_.ok()) return failure_;
    UserChanges changes{.epoch = epoch_, .revision = revision_};
    if (epoch != epoch_) revision = 0;
    std::map<uint64_t, User> later;
    for (const auto& [id, user] : users_) {
      if (id.tenant == tenant && user.revision > revision) later.emplace(user.revision, user);
    }
    for (const auto& [at, user] : later) {
      if (changes.users.size() == limit) {
        changes.complete = false;
        break;
      }
      changes.users.push_back(user);
    }
    return changes;
  }

 private:
  static absl::Status Error(absl::StatusCode code, const char* reason) {
    return ErrorWithInfo(code, reason, {reason, "directory.crosspoint", {}});
  }

  absl::Status Check(const UserId& id, uint64_t revision, bool deleted) const {
    if (!failure_.ok()) return failure_;
    const auto it = users_.find(id);
    if (it == users_.end()) return absl::NotFoundError(id.Name());
    if (deleted && !it->second.deleted()) return Error(absl::StatusCode::kFailedPrecondition, "NOT_DELETED");
    if (!deleted && it->second.deleted()) return absl::NotFoundError(id.Name());
    if (revision != 0 && revision != it->second.revision) return Error(absl::StatusCode::kAborted, "ETAG_STALE");
    return absl::OkStatus();
  }

  absl::Status Collision(const User& wanted) const {
    for (const auto& [id, user] : users_) {
      if (id == wanted.id || id.tenant != wanted.id.tenant || user.deleted()) continue;
      for (const auto& email : FoldedEmails(user)) {
        for (const auto& mine : FoldedEmails(wanted)) {
          if (email == mine) return Error(absl::StatusCode::kAlreadyExists, "EMAIL_TAKEN");
        }
      }
      if (!wanted.extension.empty() && user.extension == wanted.extension) {
        return Error(absl::StatusCode::kAlreadyExists, "EXTENSION_TAKEN");
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<User> CreateOne(const NewUser& wanted) {
    if (!failure_.ok()) return failure_;
    if (!wanted.request_id.empty()) {
      const auto it = requests_.find({wanted.user.id.tenant, wanted.request_id});
      if (it != requests_.end()) {
        if (it->second.first != wanted.request_hash) {
          return Error(absl::StatusCode::kInvalidArgument, "REQUEST_ID_REUSED");
        }
        return users_.at(it->second.second);
      }
    }
    CROSSPOINT_RETURN_IF_ERROR(Collision(wanted.user));
    User user = wanted.user;
    user.create_time_us = ++now_;
    if (!wanted.request_id.empty()) {
      requests_[{user.id.tenant, wanted.request_id}] = {wanted.request_hash, user.id};
    }
    return Store(std::move(user));
  }

  User Store(User user) {
    user.update_time_us = ++now_;
    user.revision = ++revision_;
    return users_[user.id] = std::move(user);
  }

  mutable std::mutex mu_;
  absl::Status failure_;
  std::map<UserId, User> users_;
  std::map<std::pair<TenantId, std::string>, std::pair<std::string, UserId>> requests_;
  std::string epoch_ = "e1";
  uint64_t revision_ = 0;
  int64_t now_ = 1'000'000;
};

}  // namespace crosspoint::directory
