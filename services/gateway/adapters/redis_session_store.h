#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/redis/client.h"
#include "gateway/app/ports.h"

namespace crosspoint::gateway {

// Sessions in Redis; all of one user under one tag. Thread-safe.
class RedisSessionStore final : public SessionStore {
 public:
  explicit RedisSessionStore(RedisClient& redis) : redis_(redis) {}

  absl::StatusOr<SessionRecord> Open(const SessionRecord& wish, const std::string& secret, milliseconds lease,
                                     Deadline deadline) override;
  absl::StatusOr<std::optional<Resumed>> Resume(const SessionRecord& wish, const std::string& secret,
                                                milliseconds lease, Deadline deadline) override;
  absl::StatusOr<Lease> Touch(const UserId& owner, const std::string& id, uint64_t attachment, milliseconds lease,
                              Deadline deadline) override;
  absl::Status Close(const UserId& owner, const std::string& id, uint64_t attachment, Deadline deadline) override;
  absl::StatusOr<std::optional<SessionRecord>> Find(const UserId& owner, const std::string& id,
                                                    Deadline deadline) override;
  absl::StatusOr<std::vector<SessionRecord>> List(const UserId& owner, Deadline deadline) override;
  absl::StatusOr<std::vector<UserId>> Owners(const TenantId& tenant, Deadline deadline) override;

 private:
  // For lists of a tenant; a list may name owners who have no session any more.
  void NoteOwner(const UserId& owner, milliseconds lease);

  RedisClient& redis_;
};

// Roles beside the sessions that hold them. Thread-safe.
class RedisRoleStore final : public RoleStore {
 public:
  explicit RedisRoleStore(RedisClient& redis) : redis_(redis) {}

  absl::StatusOr<RoleGrant> Acquire(const UserId& owner, const std::string& session, ClientRole role,
                                    milliseconds lease, Deadline deadline) override;
  absl::StatusOr<RoleGrant> Renew(const UserId& owner, const std::string& session, ClientRole role,
                                  int64_t fencing_token, milliseconds lease, Deadline deadline) override;
  absl::Status Release(const UserId& owner, const std::string& session, ClientRole role, int64_t fencing_token,
                       Deadline deadline) override;
  absl::StatusOr<std::optional<RoleGrant>> Holder(const UserId& owner, const std::string& device, ClientRole role,
                                                  Deadline deadline) override;

 private:
  RedisClient& redis_;
};

}  // namespace crosspoint::gateway
