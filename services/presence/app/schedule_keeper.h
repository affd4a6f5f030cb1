#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "presence/app/ports.h"
#include "presence/app/presence_feed.h"
#include "presence/domain/schedule.h"

namespace crosspoint::presence {

struct StoredHolidays {
  std::vector<Holiday> holidays;
  std::string etag;  // opaque, also of a calendar never written
};

struct StoredSchedule {
  Schedule schedule;
  std::string etag;  // opaque, also of a schedule never written
  TimePoint now{};   // Redis clock
  std::string mark;  // of when the schedule is to be planned next: changes whenever that does
};

// A schedule and what follows from it, to be written in one step.
struct SchedulePlan {
  Schedule schedule;
  std::vector<Claim> claims;  // take the place of all claims of the schedule
  TimePoint again{};          // when to plan next; kOpenEnd: never
  // What was read; with another etag nothing is written, with another mark `again` is not.
  std::string etag;
  std::string mark;
};

// Schedules and holidays, durable. Thread-safe.
class ScheduleStore {
 public:
  virtual ~ScheduleStore() = default;

  virtual absl::StatusOr<StoredSchedule> Read(const UserId& user, Deadline deadline) = 0;
  struct Written {
    ChangeResult result;
    std::string etag;
  };
  //   kAborted      ETAG_STALE: another schedule is stored by now
  //   kUnavailable  store unreachable or `deadline` passed; the change may or may not have happened
  virtual absl::StatusOr<Written> Write(const UserId& user, const SchedulePlan& plan, Deadline deadline) = 0;
  // Some users of the shard whose schedule is to be planned by now; the same are not given again for a minute.
  virtual absl::StatusOr<std::vector<UserKey>> TakeDue(uint8_t shard, Deadline deadline) = 0;

  virtual absl::StatusOr<StoredHolidays> ReadHolidays(const TenantId& tenant, Deadline deadline) = 0;
  // Replaces them; answers the new etag. kAborted: ETAG_STALE, `etag` is neither empty nor that of what is stored.
  virtual absl::StatusOr<std::string> WriteHolidays(const TenantId& tenant, const std::vector<Holiday>& holidays,
                                                    const std::string& etag, Deadline deadline) = 0;
  // All schedules of the tenant are to be planned now.
  virtual absl::Status MarkAllDue(const TenantId& tenant, Deadline deadline) = 0;
};

// Keeps what schedules say of the coming week among the users' claims: placed ahead and all at once, so that edges fire
// with every planner dead, and planned again every half day. Thread-safe; calls wait for the store.
class ScheduleKeeper {
 public:
  // All must outlive the keeper.
  ScheduleKeeper(ScheduleStore& store, ChangePublisher& publisher, PresenceFeed& feed)
      : store_(store), publisher_(publisher), feed_(feed) {}

  absl::StatusOr<StoredSchedule> Read(const UserId& user, Deadline deadline) { return store_.Read(user, deadline); }
  // `schedule` must be valid; `etag` may be empty.
  //   kAborted  ETAG_STALE
  absl::StatusOr<StoredSchedule> Update(const UserId& user, const Schedule& schedule, const std::string& etag,
                                        Deadline deadline);

  absl::StatusOr<StoredHolidays> ReadHolidays(const TenantId& tenant, Deadline deadline) {
    return store_.ReadHolidays(tenant, deadline);
  }
  // `holidays` must be valid; `etag` may be empty. Schedules follow by PlanDue.
  //   kAborted  ETAG_STALE
  absl::StatusOr<StoredHolidays> UpdateHolidays(const TenantId& tenant, std::vector<Holiday> holidays,
                                                const std::string& etag, Deadline deadline);

  // Plans some of what is due in one shard; the number of schedules planned.
  absl::StatusOr<int> PlanDue(uint8_t shard, Deadline deadline);

 private:
  absl::StatusOr<ScheduleStore::Written> Plan(const UserId& user, const StoredSchedule& stored,
                                              const Schedule& schedule, const std::vector<Holiday>& holidays,
                                              Deadline deadline);
  absl::Status Replan(const UserId& user, Deadline deadline);

  ScheduleStore& store_;
  ChangePublisher& publisher_;
  PresenceFeed& feed_;
};

}  // namespace crosspoint::presence
