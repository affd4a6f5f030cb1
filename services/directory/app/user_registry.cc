#include "directory/app/user_registry.h"

#include <utility>

#include "common/status/status.h"

namespace crosspoint::directory {
namespace {

constexpr int kMaxUpdateAttempts = 5;

}  // namespace

UserRegistry::UserRegistry(UserStore& store, ChangeAnnouncer& announcer, IdSource& ids,
                           std::function<void(const TenantId&)> on_change)
    : store_(store), announcer_(announcer), ids_(ids), on_change_(std::move(on_change)) {}

std::vector<absl::StatusOr<User>> UserRegistry::Create(const TenantId& tenant, std::vector<Request> requests,
                                                       Deadline deadline) {
  std::vector<absl::StatusOr<User>> results(requests.size());
  std::vector<NewUser> good;
  std::vector<size_t> positions;
  for (size_t i = 0; i < requests.size(); ++i) {
    auto& request = requests[i];
    if (const auto valid = ValidateUser(request.user.user, request.field); !valid.ok()) {
      results[i] = valid;
      continue;
    }
    request.user.user.id = {tenant, ids_.NewId("u")};
    good.push_back(std::move(request.user));
    positions.push_back(i);
  }
  bool changed = false;
  auto created = store_.Create(good, deadline);
  for (size_t i = 0; i < created.size(); ++i) {
    changed = changed || created[i].ok();
    results[positions[i]] = std::move(created[i]);
  }
  if (changed) {
    on_change_(tenant);
    announcer_.Announce(tenant);
  }
  return results;
}

absl::StatusOr<User> UserRegistry::Get(const UserId& id, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto user, store_.Get(id, deadline));
  if (user.deleted()) return absl::NotFoundError(id.Name() + " is deleted");
  return user;
}

absl::StatusOr<UserPage> UserRegistry::List(const TenantId& tenant, const std::string& after, size_t limit,
                                            bool with_deleted, Deadline deadline) {
  return store_.List(tenant, after, limit, with_deleted, deadline);
}

absl::StatusOr<User> UserRegistry::Update(const UserId& id, uint64_t revision, const std::function<void(User&)>& change,
                                          Deadline deadline) {
  absl::StatusOr<User> written;
  for (int attempt = 0; attempt < kMaxUpdateAttempts; ++attempt) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto user, Get(id, deadline));
    const auto read_at = user.revision;
    change(user);
    user.id = id;
    CROSSPOINT_RETURN_IF_ERROR(ValidateUser(user, "user"));
    written = store_.Update(user, revision == 0 ? read_at : revision, deadline);
    if (revision != 0 || !absl::IsAborted(written.status())) break;
  }
  return Told(std::move(written));
}

absl::StatusOr<User> UserRegistry::Delete(const UserId& id, uint64_t revision, Deadline deadline) {
  return Told(store_.Delete(id, revision, deadline));
}

absl::StatusOr<User> UserRegistry::Undelete(const UserId& id, Deadline deadline) {
  return Told(store_.Undelete(id, deadline));
}

absl::StatusOr<User> UserRegistry::Told(absl::StatusOr<User> written) {
  if (written.ok()) {
    on_change_(written->id.tenant);
    announcer_.Announce(written->id.tenant);
  }
  return written;
}

}  // namespace crosspoint::directory
