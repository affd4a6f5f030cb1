#pragma once

#include <chrono>
#include <string>

#include "common/redis/lease.h"
#include "common/redis/outbox.h"
#include "voicemail/app/ports.h"

namespace crosspoint::voicemail {

// What is known of the copies, beside the messages in Redis. Thread-safe.
class RedisCopyStore final : public CopyStore {
 public:
  // `holder` is unique per process. What a process that died held is free after `lease`. `outbox` must outlive it.
  RedisCopyStore(Outbox& outbox, std::string holder, std::chrono::milliseconds lease)
      : outbox_(outbox),
        redis_(outbox.redis()),
        leases_(redis_),
        keeper_(redis_),
        holder_(std::move(holder)),
        lease_(lease) {}

  absl::StatusOr<std::optional<CopyRecord>> GetCopy(const UserId& user, const VoicemailId& id) override;
  absl::StatusOr<std::vector<CopyRecord>> Copies(const UserId& user) override;
  absl::StatusOr<bool> HasCopies(const UserId& user) override;
  absl::Status CopyWritten(const UserId& user, const CopyRecord& seen, const CopyState& copy) override;
  absl::StatusOr<CopyLease> AcquireLease(const UserId& user) override;
  void ReleaseLease(const UserId& user, const CopyLease& lease) override;
  absl::StatusOr<CopySyncPoint> LoadPoint(const UserId& user) override;
  absl::Status SavePoint(const UserId& user, const CopyLease& lease, const CopySyncPoint& point) override;
  absl::StatusOr<Applied> Apply(const UserId& user, const CopyLease& lease, uint64_t began,
                                const Observation& observation, TimePoint now) override;
  absl::StatusOr<uint64_t> Counter(const UserId& user) override;
  absl::StatusOr<int> ResolveBrake(const UserId& user, bool keep) override;

 private:
  Outbox& outbox_;
  RedisClient& redis_;
  Leases leases_;
  LeaseKeeper keeper_;
  const std::string holder_;
  const std::chrono::milliseconds lease_;
};

}  // namespace crosspoint::voicemail
