#include "presence/domain/schedule.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>

#include "common/calendar/time_zone.h"
#include "common/status/status.h"

namespace crosspoint::presence {
namespace {

using calendar::FromLocal;
using calendar::ToLocal;
using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

constexpr char kBerlin[] = "Europe/Berlin";

TimePoint Berlin(int year, int month, int day, int hour, int minute = 0) {
  return FromLocal({year, month, day, hour, minute, 0}, kBerlin);
}

WeeklyEntry Entry(int weekday, minutes start, minutes end, const char* state = "out-of-office") {
  return {weekday, start, end, {state}, ""};
}

Holiday HolidayOn(int year, unsigned month, unsigned day, std::vector<std::string> zones = {}) {
  return {std::chrono::year(year) / month / day, "Closed", {"vacation"}, std::move(zones)};
}

std::string FieldOf(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  return info ? info->metadata.at("field") : status.ToString();
}

TEST(Schedule, SaysTheStateOfTheWeekdayByTheLocalClock) {
  const Schedule schedule{kBerlin, {Entry(1, 18h, 24h), Entry(1, 0h, 8h), Entry(2, 12h, 13h, "custom")}};
  // 23 November 2026 is a Monday.
  const auto claims = PlanSchedule(schedule, {}, Berlin(2026, 11, 23, 0), Berlin(2026, 11, 25, 0));
  ASSERT_EQ(claims.size(), 3u);
  EXPECT_EQ(claims[0].id.value, "schedule-20261123-0000");
  EXPECT_EQ(claims[0].end, Berlin(2026, 11, 23, 8));
  EXPECT_EQ(claims[1].start, Berlin(2026, 11, 23, 18));
  EXPECT_EQ(claims[1].end, Berlin(2026, 11, 24, 0));
  EXPECT_EQ(claims[2].state.value, "custom");
  EXPECT_EQ(claims[2].start, Berlin(2026, 11, 24, 12));
  for (const auto& claim : claims) {
    EXPECT_EQ(claim.claim_class, ClaimClass::kSchedule);
    EXPECT_EQ(claim.source.value, kScheduleSource);
    EXPECT_TRUE(IsOfSchedule(claim.id));
  }
}

TEST(Schedule, AnEntryThatHasBegunIsPlannedFromItsStart) {
  const Schedule schedule{kBerlin, {Entry(1, 9h, 17h)}};
  const auto claims = PlanSchedule(schedule, {}, Berlin(2026, 11, 23, 12), Berlin(2026, 11, 24, 0));
  ASSERT_EQ(claims.size(), 1u);
  EXPECT_EQ(claims[0].start, Berlin(2026, 11, 23, 9));
}

TEST(Schedule, ADayWithAClockChangeIsAnHourShorterOrLonger) {
  const Schedule schedule{kBerlin, {Entry(7, 0h, 24h)}};
  const auto spring = PlanSchedule(schedule, {}, Berlin(2026, 3, 29, 0), Berlin(2026, 3, 30, 0));
  ASSERT_EQ(spring.size(), 1u);
  EXPECT_EQ(spring[0].end - spring[0].start, 23h);
  const auto autumn = PlanSchedule(schedule, {}, Berlin(2026, 10, 25, 0), Berlin(2026, 10, 26, 0));
  ASSERT_EQ(autumn.size(), 1u);
  EXPECT_EQ(autumn[0].end - autumn[0].start, 25h);
}

TEST(Schedule, WhatEndsAtFiveEndsAtFiveInSummerAndInWinter) {
  const Schedule schedule{kBerlin, {Entry(1, 9h, 17h)}};
  const auto before = PlanSchedule(schedule, {}, Berlin(2026, 10, 19, 0), Berlin(2026, 10, 20, 0));
  const auto after = PlanSchedule(schedule, {}, Berlin(2026, 10, 26, 0), Berlin(2026, 10, 27, 0));
  ASSERT_TRUE(before.size() == 1 && after.size() == 1);
  EXPECT_EQ(after[0].end - before[0].end, days{7} + 1h);
}

TEST(Schedule, TimesThatAClockChangeSkipsAreMovedOnAndEmptyEntriesLeftOut) {
  const Schedule moved{kBerlin, {Entry(7, 2h + 30min, 5h)}};
  const auto claims = PlanSchedule(moved, {}, Berlin(2026, 3, 29, 0), Berlin(2026, 3, 30, 0));
  ASSERT_EQ(claims.size(), 1u);
  EXPECT_EQ(claims[0].start, Berlin(2026, 3, 29, 3, 30));
  const Schedule empty{kBerlin, {Entry(7, 2h + 30min, 3h + 15min)}};
  EXPECT_TRUE(PlanSchedule(empty, {}, Berlin(2026, 3, 29, 0), Berlin(2026, 3, 30, 0)).empty());
}

TEST(Schedule, ATimeThatComesTwiceIsTheFirst) {
  const Schedule schedule{kBerlin, {Entry(7, 2h, 2h + 30min), Entry(7, 2h + 30min, 3h)}};
  const auto claims = PlanSchedule(schedule, {}, Berlin(2026, 10, 25, 0), Berlin(2026, 10, 26, 0));
  ASSERT_EQ(claims.size(), 2u);
  EXPECT_EQ(claims[0].end - claims[0].start, 30min);
  EXPECT_EQ(claims[1].start, claims[0].end);
  EXPECT_EQ(claims[1].end - claims[1].start, 90min);
}

TEST(Schedule, AHolidayTakesThePlaceOfTheDaysEntriesFromMidnightToMidnight) {
  const Schedule schedule{kBerlin, {Entry(5, 9h, 17h), Entry(6, 9h, 17h)}};
  const std::vector<Holiday> holidays{HolidayOn(2026, 12, 25)};
  const auto claims = PlanSchedule(schedule, holidays, Berlin(2026, 12, 25, 0), Berlin(2026, 12, 27, 0));
  ASSERT_EQ(claims.size(), 2u);
  EXPECT_EQ(claims[0].id.value, "schedule-20261225-day");
  EXPECT_EQ(claims[0].state.value, "vacation");
  EXPECT_EQ(claims[0].note, "Closed");
  EXPECT_EQ(claims[0].start, Berlin(2026, 12, 25, 0));
  EXPECT_EQ(claims[0].end, Berlin(2026, 12, 26, 0));
  EXPECT_EQ(claims[1].start, Berlin(2026, 12, 26, 9));
}

TEST(Schedule, AHolidayIsInTheZoneOfTheScheduleAndMayBeForSomeZonesOnly) {
  const std::vector<Holiday> holidays{HolidayOn(2026, 7, 4, {"America/New_York"}), HolidayOn(2026, 12, 25)};
  const Schedule new_york{"America/New_York", {}};
  const auto fourth = PlanSchedule(new_york, holidays, Berlin(2026, 7, 1, 0), Berlin(2026, 7, 10, 0));
  ASSERT_EQ(fourth.size(), 1u);
  EXPECT_EQ(fourth[0].start, FromLocal({2026, 7, 4, 0, 0, 0}, "America/New_York"));
  EXPECT_TRUE(PlanSchedule({kBerlin, {}}, holidays, Berlin(2026, 7, 1, 0), Berlin(2026, 7, 10, 0)).empty());
}

TEST(Schedule, WithoutAZoneNothingIsPlanned) {
  EXPECT_TRUE(
      PlanSchedule({}, std::vector{HolidayOn(2026, 12, 25)}, Berlin(2026, 12, 1, 0), Berlin(2027, 1, 1, 0)).empty());
}

TEST(Schedule, RefusesWhatCannotBeNamingTheField) {
  const auto& table = AvailabilityTable::Default();
  const auto refused = [&](const Schedule& schedule) { return FieldOf(ValidateSchedule(schedule, table)); };
  EXPECT_TRUE(ValidateSchedule({}, table).ok());
  EXPECT_TRUE(ValidateSchedule({kBerlin, {Entry(1, 0h, 8h), Entry(1, 8h, 24h)}}, table).ok());
  EXPECT_EQ(refused({"", {Entry(1, 0h, 8h)}}), "schedule.time_zone");
  EXPECT_EQ(refused({"Mars/Base", {}}), "schedule.time_zone");
  EXPECT_EQ(refused({kBerlin, {Entry(0, 0h, 8h)}}), "schedule.entries[0].weekday");
  EXPECT_EQ(refused({kBerlin, {Entry(8, 0h, 8h)}}), "schedule.entries[0].weekday");
  EXPECT_EQ(refused({kBerlin, {Entry(1, -1min, 8h)}}), "schedule.entries[0].start_offset");
  EXPECT_EQ(refused({kBerlin, {Entry(1, 24h, 25h)}}), "schedule.entries[0].start_offset");
  EXPECT_EQ(refused({kBerlin, {Entry(1, 8h, 8h)}}), "schedule.entries[0].end_offset");
  EXPECT_EQ(refused({kBerlin, {Entry(1, 8h, 24h + 1min)}}), "schedule.entries[0].end_offset");
  EXPECT_EQ(refused({kBerlin, {Entry(1, 8h, 9h, "asleep")}}), "schedule.entries[0].state");
  EXPECT_EQ(refused({kBerlin, {Entry(1, 8h, 10h), Entry(2, 9h, 10h), Entry(1, 9h, 11h)}}),
            "schedule.entries[2].start_offset");
  EXPECT_EQ(refused({kBerlin, std::vector(57, Entry(1, 8h, 9h))}), "schedule.entries");
  auto noted = Entry(1, 8h, 9h);
  noted.note = std::string(257, 'x');
  EXPECT_EQ(refused({kBerlin, {noted}}), "schedule.entries[0].note");
}

TEST(Schedule, RefusesHolidaysThatCannotBeNamingTheField) {
  const auto& table = AvailabilityTable::Default();
  const auto refused = [&](const Holiday& holiday) { return FieldOf(ValidateHolidays(std::vector{holiday}, table)); };
  auto holiday = HolidayOn(2026, 12, 25, {kBerlin});
  EXPECT_TRUE(ValidateHolidays(std::vector{holiday}, table).ok());
  EXPECT_EQ(FieldOf(ValidateHolidays(std::vector(1001, holiday), table)), "calendar.holidays");
  EXPECT_EQ(refused(HolidayOn(2026, 12, 25, {"Nowhere"})), "calendar.holidays[0].time_zones");
  holiday.name = "";
  EXPECT_EQ(refused(holiday), "calendar.holidays[0].display_name");
  holiday = HolidayOn(2026, 12, 25);
  holiday.state.value = "asleep";
  EXPECT_EQ(refused(holiday), "calendar.holidays[0].state");
}

// What a person with a calendar and a clock on the wall would say.
std::optional<std::string> ByTheClock(const Schedule& schedule, const std::vector<Holiday>& holidays, TimePoint time) {
  const auto local = ToLocal(time, schedule.time_zone);
  const std::chrono::year_month_day day{std::chrono::year(local.year),
                                        std::chrono::month(static_cast<unsigned>(local.month)),
                                        std::chrono::day(static_cast<unsigned>(local.day))};
  for (const auto& holiday : holidays) {
    if (holiday.date == day) return holiday.state.value;
  }
  const auto weekday = static_cast<int>(std::chrono::weekday(std::chrono::sys_days(day)).iso_encoding());
  const auto clock = hours{local.hour} + minutes{local.minute};
  for (const auto& entry : schedule.entries) {
    if (entry.weekday == weekday && entry.start <= clock && clock < entry.end) return entry.state.value;
  }
  return std::nullopt;
}

// Whether the clock of the zone is set within two hours of `time`.
bool NearClockChange(TimePoint time, const std::string& zone) {
  const auto offset = [&](TimePoint at) {
    const auto local = ToLocal(at, zone);
    return FromLocal(local, "Etc/UTC") - at;
  };
  return offset(time - 2h) != offset(time + 2h);
}

class RandomSchedules {
 public:
  int Below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }
  Schedule NextSchedule() {
    const char* const kZones[] = {kBerlin,        "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe",
                                  "Africa/Cairo", "Pacific/Auckland"};
    Schedule schedule{kZones[Below(6)], {}};
    for (int tries = 0; tries < 12; ++tries) {
      const minutes start{15 * Below(96)};
      schedule.entries.push_back(Entry(1 + Below(7), start,
                                       std::min<minutes>(24h, start + minutes{15 * (1 + Below(40))}),
                                       Below(2) == 0 ? "custom" : "out-of-office"));
      if (!ValidateSchedule(schedule, AvailabilityTable::Default()).ok()) schedule.entries.pop_back();
    }
    return schedule;
  }
  // Some moment from 2024 to 2030.
  TimePoint NextTime() {
    return TimePoint{std::chrono::sys_days(std::chrono::year(2024) / 1 / 1).time_since_epoch()} +
           minutes{Below(6 * 365 * 24 * 60)};
  }
  std::vector<Holiday> HolidaysAround(TimePoint time) {
    std::vector<Holiday> holidays;
    const auto day = std::chrono::floor<days>(time);
    for (int i = 0; i < 3; ++i)
      holidays.push_back({std::chrono::sys_days(day.time_since_epoch()) + days{Below(12)}, "Closed", {"vacation"}, {}});
    return holidays;
  }

 private:
  std::mt19937 random_{11};
};

TEST(Schedule, SaysAtEveryMomentWhatTheClockOnTheWallSays) {
  RandomSchedules random;
  int compared = 0;
  for (int round = 0; round < 150; ++round) {
    const auto schedule = random.NextSchedule();
    const auto from = random.NextTime();
    const auto holidays = random.HolidaysAround(from);
    const auto claims = PlanSchedule(schedule, holidays, from, from + days{8});
    for (int look = 0; look < 40; ++look) {
      const auto now = from + minutes{random.Below(8 * 24 * 60)};
      if (NearClockChange(now, schedule.time_zone)) continue;
      const auto* said = EffectiveClaim(claims, now);
      ASSERT_EQ(said != nullptr ? std::optional(said->state.value) : std::nullopt, ByTheClock(schedule, holidays, now))
          << schedule.time_zone << " " << now.time_since_epoch().count();
      ++compared;
    }
  }
  EXPECT_GT(compared, 5000);
}

TEST(Schedule, PlanningInPiecesGivesTheSameClaimsAndNoneOverlap) {
  RandomSchedules random;
  for (int round = 0; round < 100; ++round) {
    const auto schedule = random.NextSchedule();
    const auto from = random.NextTime();
    const auto holidays = random.HolidaysAround(from);
    const auto whole = PlanSchedule(schedule, holidays, from, from + days{8});
    for (size_t i = 1; i < whole.size(); ++i) ASSERT_LE(whole[i - 1].end, whole[i].start);
    const auto later = from + minutes{random.Below(8 * 24 * 60)};
    auto expected = whole;
    std::erase_if(expected, [&](const Claim& claim) { return claim.end <= later; });
    ASSERT_EQ(PlanSchedule(schedule, holidays, later, from + days{8}), expected) << schedule.time_zone;
  }
}

}  // namespace
}  // namespace crosspoint::presence
