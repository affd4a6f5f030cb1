#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "common/ids/ids.h"
#include "common/redis/lease.h"
#include "common/redis/outbox.h"
#include "contact/app/mailbox_ports.h"

namespace crosspoint::contact {

// What is known of mailboxes, in Redis beside the contacts. Thread-safe.
class RedisSyncStore final : public SyncStore {
 public:
  // `ids` gives epochs.
  RedisSyncStore(RedisClient& redis, Outbox& outbox, IdSource& ids) : redis_(redis), outbox_(outbox), ids_(ids) {}

  absl::StatusOr<SyncPoint> LoadPoint(const UserId& user) override;
  absl::StatusOr<std::map<std::string, std::string>> ContactsOf(const UserId& user,
                                                                const std::vector<std::string>& items) override;
  absl::StatusOr<std::map<std::string, std::string>> AllItems(const UserId& user) override;
  absl::StatusOr<std::map<std::string, Linked>> Load(const UserId& user,
                                                     const std::vector<std::string>& contacts) override;
  absl::StatusOr<std::vector<std::string>> Held(const UserId& user) override;
  absl::StatusOr<int64_t> Now() override;
  absl::Status Commit(const UserId& user, const MailboxLease& lease, const SyncCommit& commit) override;
  absl::Status NoteProblem(const UserId& user, const MailboxLease& lease, const std::string& problem) override;

 private:
  absl::StatusOr<std::vector<RedisReply>> Fields(const std::string& key, const std::vector<std::string>& fields);

  RedisClient& redis_;
  Outbox& outbox_;
  IdSource& ids_;
};

// Leases on mailboxes, renewed in the background. Thread-safe.
class RedisMailboxLeases final : public MailboxLeases {
 public:
  // `self` names this process.
  RedisMailboxLeases(RedisClient& redis, IdSource& ids, std::string self, std::chrono::milliseconds ttl)
      : redis_(redis), ids_(ids), leases_(redis), keeper_(redis), self_(std::move(self)), ttl_(ttl) {}

  absl::StatusOr<MailboxLease> Acquire(const UserId& user) override;
  void Release(const UserId& user, const MailboxLease& lease) override;

 private:
  RedisClient& redis_;
  IdSource& ids_;
  Leases leases_;
  LeaseKeeper keeper_;
  const std::string self_;
  const std::chrono::milliseconds ttl_;
};

}  // namespace crosspoint::contact
