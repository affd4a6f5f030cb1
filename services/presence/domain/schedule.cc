#include "presence/domain/schedule.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>

#include "common/calendar/time_zone.h"
#include "common/status/status.h"

namespace crosspoint::presence {
namespace {

using std::chrono::days;
using std::chrono::minutes;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr minutes kDay{24 * 60};

std::string Field(std::string_view list, size_t index, std::string_view part) {
  return std::string(list) + "[" + std::to_string(index) + "]." + std::string(part);
}

absl::Status ValidateEntry(const WeeklyEntry& entry, size_t index, const AvailabilityTable& table) {
  const auto field = [index](std::string_view part) { return Field("schedule.entries", index, part); };
  if (entry.weekday < 1 || entry.weekday > 7) return InvalidField(field("weekday"), "must be 1 (Monday) to 7 (Sunday)");
  if (entry.start < minutes{0} || entry.start >= kDay) {
    return InvalidField(field("start_offset"), "must be from 0 s to less than 24 h");
  }
  if (entry.end <= entry.start || entry.end > kDay) {
    return InvalidField(field("end_offset"),
                        "must be after start_offset and at most 24 h; what goes on overnight is two entries");
  }
  if (table.Find(entry.state) == nullptr) return InvalidField(field("state"), "must be one of " + table.Keys());
  if (entry.note.size() > kMaxNoteBytes) return InvalidField(field("note"), "must be at most 256 bytes");
  return absl::OkStatus();
}

// Two digits at least.
std::string Digits(unsigned number) { return (number < 10 ? "0" : "") + std::to_string(number); }

std::string IdOf(const year_month_day& day, const std::string& what) {
  return kScheduleIdPrefix + std::to_string(static_cast<int>(day.year())) + Digits(static_cast<unsigned>(day.month())) +
         Digits(static_cast<unsigned>(day.day())) + "-" + what;
}

TimePoint Instant(const year_month_day& day, minutes offset, const std::string& zone) {
  const auto count = static_cast<int>(offset.count());
  return calendar::FromLocal({static_cast<int>(day.year()), static_cast<int>(static_cast<unsigned>(day.month())),
                              static_cast<int>(static_cast<unsigned>(day.day())), count / 60, count % 60, 0},
                             zone);
}

const Holiday* HolidayOn(const year_month_day& day, const std::string& zone, std::span<const Holiday> holidays) {
  const auto at = std::find_if(holidays.begin(), holidays.end(), [&](const Holiday& holiday) {
    const auto& zones = holiday.time_zones;
    return holiday.date == day && (zones.empty() || std::find(zones.begin(), zones.end(), zone) != zones.end());
  });
  return at == holidays.end() ? nullptr : &*at;
}

Claim ClaimFor(std::string id, const StateId& state, const std::string& note, TimePoint start, TimePoint end) {
  return Claim{{std::move(id)}, {kScheduleSource}, ClaimClass::kSchedule, state, note, start, end, 0};
}

// All claims of one day of the user's calendar.
std::vector<Claim> PlanDay(const Schedule& schedule, std::span<const Holiday> holidays, const year_month_day& day) {
  if (const auto* holiday = HolidayOn(day, schedule.time_zone, holidays)) {
    return {ClaimFor(IdOf(day, "day"), holiday->state, holiday->name, Instant(day, minutes{0}, schedule.time_zone),
                     Instant(day, kDay, schedule.time_zone))};
  }
  std::vector<Claim> claims;
  const auto weekday = static_cast<int>(std::chrono::weekday(sys_days(day)).iso_encoding());
  for (const auto& entry : schedule.entries) {
    if (entry.weekday != weekday) continue;
    const auto start = entry.start.count();
    claims.push_back(ClaimFor(
        IdOf(day, Digits(static_cast<unsigned>(start / 60)) + Digits(static_cast<unsigned>(start % 60))), entry.state,
        entry.note, Instant(day, entry.start, schedule.time_zone), Instant(day, entry.end, schedule.time_zone)));
  }
  std::sort(claims.begin(), claims.end(), [](const Claim& a, const Claim& b) { return a.start < b.start; });
  return claims;
}

}  // namespace

absl::Status ValidateSchedule(const Schedule& schedule, const AvailabilityTable& table) {
  const auto& entries = schedule.entries;
  if (entries.size() > kMaxScheduleEntries) return InvalidField("schedule.entries", "must be at most 56");
  if (!(schedule.time_zone.empty() && entries.empty()) && !calendar::IsIanaZone(schedule.time_zone)) {
    return InvalidField("schedule.time_zone", "must be the IANA name of a time zone, e.g. Europe/Berlin");
  }
  for (size_t i = 0; i < entries.size(); ++i) {
    CROSSPOINT_RETURN_IF_ERROR(ValidateEntry(entries[i], i, table));
    for (size_t before = 0; before < i; ++before) {
      const auto &a = entries[before], &b = entries[i];
      if (a.weekday == b.weekday && a.start < b.end && b.start < a.end) {
        return InvalidField(Field("schedule.entries", i, "start_offset"),
                            "must not overlap entry " + std::to_string(before) + " of the same weekday");
      }
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateHolidays(std::span<const Holiday> holidays, const AvailabilityTable& table) {
  if (holidays.size() > kMaxHolidays) return InvalidField("calendar.holidays", "must be at most 1,000");
  for (size_t i = 0; i < holidays.size(); ++i) {
    const auto& holiday = holidays[i];
    const auto field = [i](std::string_view part) { return Field("calendar.holidays", i, part); };
    if (holiday.name.empty() || holiday.name.size() > kMaxNoteBytes) {
      return InvalidField(field("display_name"), "must be 1 to 256 bytes");
    }
    if (table.Find(holiday.state) == nullptr) return InvalidField(field("state"), "must be one of " + table.Keys());
    if (holiday.time_zones.size() > kMaxHolidayZones) return InvalidField(field("time_zones"), "must be at most 100");
    for (const auto& zone : holiday.time_zones) {
      if (!calendar::IsIanaZone(zone)) {
        return InvalidField(field("time_zones"), "must be IANA names of time zones, e.g. Europe/Berlin");
      }
    }
  }
  return absl::OkStatus();
}

std::vector<Claim> PlanSchedule(const Schedule& schedule, std::span<const Holiday> holidays, TimePoint from,
                                TimePoint to) {
  std::vector<Claim> claims;
  if (schedule.time_zone.empty()) return claims;
  const auto local = calendar::ToLocal(from, schedule.time_zone);
  const year_month_day first{std::chrono::year(local.year), std::chrono::month(static_cast<unsigned>(local.month)),
                             std::chrono::day(static_cast<unsigned>(local.day))};
  // From the day before: a clock change at midnight may move its last entry beyond it.
  for (auto day = sys_days(first) - days{1}; Instant(day, minutes{0}, schedule.time_zone) < to; day += days{1}) {
    for (auto& claim : PlanDay(schedule, holidays, day)) {
      if (!claims.empty()) claim.start = std::max(claim.start, claims.back().end);
      if (claim.start < claim.end) claims.push_back(std::move(claim));
    }
  }
  std::erase_if(claims, [&](const Claim& claim) { return claim.end <= from || claim.start >= to; });
  return claims;
}

}  // namespace crosspoint::presence
