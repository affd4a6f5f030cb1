#pragma once

#include "common/clock/clock.h"
#include "common/log/log.h"
#include "common/redis/client.h"
#include "common/redis/outbox.h"
#include "meeting_sync/app/bridge_ports.h"

namespace crosspoint::meeting_sync {

// The bridge's records in Redis, all of an owner under one tag; a participant code has a key of its own, which is taken
// before the record is written. Thread-safe.
class RedisMeetingStore final : public MeetingStore {
 public:
  // References must outlive the store.
  RedisMeetingStore(RedisClient& redis, Outbox& outbox, const Clock& clock, log::Logger& log)
      : redis_(redis), outbox_(outbox), clock_(clock), log_(log) {}

  absl::StatusOr<BridgeMeeting> Put(const MeetingWrite& write, Deadline deadline) override;
  absl::StatusOr<std::optional<MeetingId>> Repeated(const UserId& owner, const RequestKey& request,
                                                    Deadline deadline) override;
  absl::StatusOr<std::optional<BridgeMeeting>> Get(const UserId& owner, const MeetingId& id,
                                                   Deadline deadline) override;
  absl::StatusOr<std::vector<BridgeMeeting>> List(const UserId& owner, TimePoint start, TimePoint end,
                                                  Deadline deadline) override;
  absl::StatusOr<std::optional<BridgeMeeting>> FindByUid(const UserId& owner, const std::string& uid,
                                                         Deadline deadline) override;
  absl::StatusOr<std::optional<BridgeMeeting>> FindByCode(const std::string& participant_code,
                                                          Deadline deadline) override;
  absl::StatusOr<LinkIndex> Links(const UserId& owner, Deadline deadline) override;
  absl::StatusOr<MeetingChanges> ChangesSince(const UserId& owner, uint64_t revision, Deadline deadline) override;
  absl::StatusOr<std::vector<Conflict>> ListConflicts(const UserId& owner, const std::string& before, size_t limit,
                                                      Deadline deadline) override;
  absl::StatusOr<std::optional<BrakedRun>> Brake(const UserId& owner, Deadline deadline) override;
  absl::Status SetBrake(const UserId& owner, const std::optional<BrakedRun>& run, Deadline deadline) override;

 private:
  absl::Status ClaimCode(const BridgeMeeting& meeting, Deadline deadline);
  // A stored value, "<revision>\n<record>"; nullopt when it is none, or an expired prepared one.
  std::optional<BridgeMeeting> Read(const UserId& owner, const std::string& id, const std::string& value) const;

  RedisClient& redis_;
  Outbox& outbox_;
  const Clock& clock_;
  log::Logger& log_;
};

}  // namespace crosspoint::meeting_sync
