#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "presence/domain/availability_table.h"
#include "presence/domain/claim.h"

namespace crosspoint::presence {

// Claims made of a schedule have this source, and ids that begin with the prefix; no other source may use either.
inline constexpr char kScheduleSource[] = "schedule";
inline constexpr char kScheduleIdPrefix[] = "schedule-";

inline bool IsOfSchedule(const ClaimId& id) { return id.value.starts_with(kScheduleIdPrefix); }

// A state on a day of every week, by the clock on the wall.
struct WeeklyEntry {
  int weekday = 1;               // ISO: 1 Monday to 7 Sunday
  std::chrono::minutes start{};  // since 00:00
  std::chrono::minutes end{};    // behind start, at most 24 h: the end of the day
  StateId state;
  std::string note;
  bool operator==(const WeeklyEntry&) const = default;
};

struct Schedule {
  std::string time_zone;  // IANA; empty only without entries
  std::vector<WeeklyEntry> entries;
  bool operator==(const Schedule&) const = default;
};

// A day of a tenant on which a state holds from midnight to midnight, in place of what schedules say.
struct Holiday {
  std::chrono::year_month_day date;
  std::string name;  // shown as the note
  StateId state;
  std::vector<std::string> time_zones;  // of the schedules it is for; empty: all
  bool operator==(const Holiday&) const = default;
};

inline constexpr size_t kMaxScheduleEntries = 56;
inline constexpr size_t kMaxHolidays = 1'000;
inline constexpr size_t kMaxHolidayZones = 100;

//   kInvalidArgument  naming the field, e.g. `schedule.entries[3].end_offset`
absl::Status ValidateSchedule(const Schedule& schedule, const AvailabilityTable& table);
absl::Status ValidateHolidays(std::span<const Holiday> holidays, const AvailabilityTable& table);

// What `schedule` says between `from` and `to`, as claims: all that touch that time, whole, in order, none overlapping.
// A claim's id is fixed by day and time, so planning again gives the same claims. A time that a clock change skips is
// moved on by the change, one that comes twice is the first; an entry that this leaves without length is left out.
std::vector<Claim> PlanSchedule(const Schedule& schedule, std::span<const Holiday> holidays, TimePoint from,
                                TimePoint to);

}  // namespace crosspoint::presence
