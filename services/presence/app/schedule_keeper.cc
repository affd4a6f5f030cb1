#include "presence/app/schedule_keeper.h"

#include <functional>
#include <utility>

#include "common/status/status.h"

namespace crosspoint::presence {
namespace {

constexpr int kMaxAttempts = 5;
constexpr std::chrono::days kAhead{8};
// Half a day and up to half a day more, so that schedules written together are not planned together for ever.
constexpr std::chrono::minutes kHalfDay{12 * 60};

TimePoint AgainAfter(TimePoint now, const UserId& user) {
  const auto spread = std::hash<std::string>{}(KeyOf(user)) % static_cast<size_t>(kHalfDay.count());
  return now + kHalfDay + std::chrono::minutes{static_cast<int64_t>(spread)};
}

absl::Status Stale() {
  return ErrorWithInfo(absl::StatusCode::kAborted, "the schedule changed since it was read; read it again",
                       {"ETAG_STALE", "presence.crosspoint", {}});
}

}  // namespace

absl::StatusOr<ScheduleStore::Written> ScheduleKeeper::Plan(const UserId& user, const StoredSchedule& stored,
                                                            const Schedule& schedule,
                                                            const std::vector<Holiday>& holidays, Deadline deadline) {
  SchedulePlan plan{schedule, PlanSchedule(schedule, holidays, stored.now, stored.now + kAhead),
                    schedule.time_zone.empty() ? kOpenEnd : AgainAfter(stored.now, user), stored.etag, stored.mark};
  CROSSPOINT_ASSIGN_OR_RETURN(auto written, store_.Write(user, plan, deadline));
  feed_.OnOwnChange(KeyOf(user), written.result);
  if (written.result.changed) publisher_.Publish(KeyOf(user), written.result);
  return written;
}

absl::StatusOr<StoredSchedule> ScheduleKeeper::Update(const UserId& user, const Schedule& schedule,
                                                      const std::string& etag, Deadline deadline) {
  absl::Status last;
  std::string own;  // etag of what this call has written
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto stored, store_.Read(user, deadline));
    if (!etag.empty() && etag != stored.etag && stored.etag != own) return Stale();
    CROSSPOINT_ASSIGN_OR_RETURN(const auto calendar, store_.ReadHolidays(user.tenant, deadline));
    auto written = Plan(user, stored, schedule, calendar.holidays, deadline);
    if (!written.ok()) {
      last = written.status();
      if (last.code() != absl::StatusCode::kAborted) return last;
      continue;
    }
    own = written->etag;
    // Holidays written meanwhile may not have found this schedule among those to be planned again.
    CROSSPOINT_ASSIGN_OR_RETURN(const auto after, store_.ReadHolidays(user.tenant, deadline));
    if (after.etag != calendar.etag) continue;
    stored.schedule = schedule;
    stored.etag = std::move(own);
    return stored;
  }
  return last.ok() ? absl::AbortedError("the holidays change all the time; try again") : last;
}

absl::StatusOr<StoredHolidays> ScheduleKeeper::UpdateHolidays(const TenantId& tenant, std::vector<Holiday> holidays,
                                                              const std::string& etag, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto written, store_.WriteHolidays(tenant, holidays, etag, deadline));
  // Also when nothing changed: an earlier call may have ended between the two.
  CROSSPOINT_RETURN_IF_ERROR(store_.MarkAllDue(tenant, deadline));
  return StoredHolidays{std::move(holidays), std::move(written)};
}

absl::StatusOr<int> ScheduleKeeper::PlanDue(uint8_t shard, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto due, store_.TakeDue(shard, deadline));
  absl::Status failure;
  for (const auto& key : due) {
    const auto status = Replan(UserOf(key), deadline);
    if (absl::IsUnavailable(status)) return status;
    if (!status.ok()) failure = status;  // of this user; the others need not suffer
  }
  if (!failure.ok()) return failure;
  return static_cast<int>(due.size());
}

absl::Status ScheduleKeeper::Replan(const UserId& user, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto stored, store_.Read(user, deadline));
  // After the mark was read: whoever changes the holidays from here on changes the mark too.
  CROSSPOINT_ASSIGN_OR_RETURN(const auto calendar, store_.ReadHolidays(user.tenant, deadline));
  const auto status = Plan(user, stored, stored.schedule, calendar.holidays, deadline).status();
  return absl::IsAborted(status) ? absl::OkStatus() : status;  // somebody else has just planned it
}

}  // namespace crosspoint::presence
