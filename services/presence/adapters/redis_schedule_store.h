#pragma once

#include <string>
#include <vector>

#include "common/clock/clock.h"
#include "presence/adapters/shard_keys.h"
#include "presence/app/schedule_keeper.h"

namespace crosspoint {
class RedisClient;
}

namespace crosspoint::presence {

// Schedules beside the claims of their users, which one script changes with them; holidays with the shard of the
// tenant. Thread-safe.
class RedisScheduleStore final : public ScheduleStore {
 public:
  // All must outlive the store. `test_clock` in place of Redis's own, for tests.
  RedisScheduleStore(RedisClient& redis, const KnownEpoch& epoch, const Clock* test_clock = nullptr)
      : redis_(redis), epoch_(epoch), test_clock_(test_clock) {}

  absl::StatusOr<StoredSchedule> Read(const UserId& user, Deadline deadline) override;
  absl::StatusOr<Written> Write(const UserId& user, const SchedulePlan& plan, Deadline deadline) override;
  absl::StatusOr<std::vector<UserKey>> TakeDue(uint8_t shard, Deadline deadline) override;
  absl::StatusOr<StoredHolidays> ReadHolidays(const TenantId& tenant, Deadline deadline) override;
  absl::StatusOr<std::string> WriteHolidays(const TenantId& tenant, const std::vector<Holiday>& holidays,
                                            const std::string& etag, Deadline deadline) override;
  absl::Status MarkAllDue(const TenantId& tenant, Deadline deadline) override;

 private:
  std::string ClockArgument() const;

  RedisClient& redis_;
  const KnownEpoch& epoch_;
  const Clock* test_clock_;
};

}  // namespace crosspoint::presence
