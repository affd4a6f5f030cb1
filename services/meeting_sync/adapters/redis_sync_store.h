#pragma once

#include "common/log/log.h"
#include "common/redis/client.h"
#include "common/redis/outbox.h"
#include "meeting_sync/app/ports.h"

namespace crosspoint::meeting_sync {

// Links, claims and sync state of mailboxes in Redis, all of a mailbox under one tag; every write checks the lease in
// the same script and carries the outbox entries of its claims. Thread-safe.
class RedisSyncStore final : public SyncStore {
 public:
  // References must outlive the store.
  RedisSyncStore(RedisClient& redis, Outbox& outbox, log::Logger& log) : redis_(redis), outbox_(outbox), log_(log) {}

  absl::StatusOr<SyncPoint> LoadPoint(const UserId& user) override;
  absl::StatusOr<StoredItems> LoadItems(const UserId& user) override;
  absl::StatusOr<std::optional<ItemLink>> FindLink(const UserId& user, const ItemKey& key) override;
  absl::Status Commit(const UserId& user, const MailboxLease& lease, const SyncCommit& commit) override;
  absl::Status NoteProblem(const UserId& user, const MailboxLease& lease, const std::string& problem) override;
  absl::StatusOr<std::string> Holder(const UserId& user) override;
  absl::Status RequestResync(const UserId& user) override;
  absl::Status Drop(const UserId& user, const MailboxLease& lease, const ClaimTable& claims) override;

 private:
  RedisClient& redis_;
  Outbox& outbox_;
  log::Logger& log_;
};

}  // namespace crosspoint::meeting_sync
