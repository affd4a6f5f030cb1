#pragma once

#include <chrono>
#include <map>
#include <string>

#include "common/redis/client.h"
#include "common/redis/lease.h"
#include "meeting_sync/app/ports.h"

namespace crosspoint::meeting_sync {

// The live replicas: a sorted set of names by the time until which each is believed, on Redis's clock. Thread-safe.
class RedisReplicas final : public Replicas {
 public:
  RedisReplicas(RedisClient& redis, std::string self, std::chrono::milliseconds ttl)
      : redis_(redis), self_(std::move(self)), ttl_(ttl) {}

  absl::StatusOr<std::vector<std::string>> Beat() override;
  void Leave() override;
  const std::string& self() const override { return self_; }
  // Whether `replica` has not said for its time that it lives.
  absl::StatusOr<bool> IsSilent(const std::string& replica);

 private:
  RedisClient& redis_;
  const std::string self_;
  const std::chrono::milliseconds ttl_;
};

// Leases on mailboxes, renewed in the background. A lease whose holder is no live replica any more is taken away from
// it before it runs out: should the holder live after all, the store refuses its older fence. Thread-safe.
class RedisMailboxLeases final : public MailboxLeases {
 public:
  // Leases are held in the name of `replicas.self()`. References must outlive it.
  RedisMailboxLeases(RedisClient& redis, RedisReplicas& replicas, std::chrono::milliseconds ttl)
      : redis_(redis), replicas_(replicas), leases_(redis), keeper_(redis), ttl_(ttl) {}

  absl::StatusOr<MailboxLease> Acquire(const UserId& user, std::function<void()> on_lost) override;
  void Release(const UserId& user, const MailboxLease& lease) override;

 private:
  absl::StatusOr<Lease> TakeFromSilent(const std::string& key, const absl::Status& held);

  RedisClient& redis_;
  RedisReplicas& replicas_;
  Leases leases_;
  LeaseKeeper keeper_;
  const std::chrono::milliseconds ttl_;
};

// Names of listed meetings that are not linked, each for a week. Volatile: a lost one is found by listing again.
class RedisNameMemory final : public NameMemory {
 public:
  explicit RedisNameMemory(RedisClient& redis) : redis_(redis) {}

  absl::Status Remember(const UserId& user, const std::vector<Meeting>& meetings) override;
  absl::StatusOr<std::optional<ItemRef>> Find(const UserId& user, const ItemKey& key) override;

 private:
  RedisClient& redis_;
};

}  // namespace crosspoint::meeting_sync
