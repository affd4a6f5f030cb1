#include "common/calendar/recurrence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace crosspoint::calendar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

LocalTime Day(int year, int month, int day, int hour = 9) { return {year, month, day, hour, 0, 0}; }

std::vector<LocalTime> Expand(const std::string& rule, const LocalTime& first, const LocalTime& from,
                              const LocalTime& until) {
  const auto starts = ExpandRule(rule, first, {from, until}, 1000);
  EXPECT_TRUE(starts.ok()) << starts.status();
  return starts.ok() ? *starts : std::vector<LocalTime>{};
}

TEST(ExpandRule, EverySecondWeekKeepsItsRhythmWhenEnteredLate) {
  EXPECT_THAT(
      Expand("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;WKST=SU", Day(2020, 1, 6), Day(2026, 11, 22), Day(2026, 12, 5)),
      ElementsAre(Day(2026, 11, 30), Day(2026, 12, 2)));
}

TEST(ExpandRule, FirstDayThatTheRuleDoesNotHitDoesNotCount) {
  EXPECT_THAT(Expand("FREQ=WEEKLY;BYDAY=TU;COUNT=2", Day(2026, 11, 23), Day(2026, 11, 1), Day(2027, 1, 1)),
              ElementsAre(Day(2026, 11, 24), Day(2026, 12, 1)));
}

TEST(ExpandRule, LastDayOfShortMonths) {
  EXPECT_THAT(
      Expand("FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1", Day(2026, 1, 31), Day(2027, 1, 1), Day(2027, 5, 1)),
      ElementsAre(Day(2027, 1, 31), Day(2027, 2, 28), Day(2027, 3, 31), Day(2027, 4, 30)));
}

TEST(ExpandRule, LastWorkingDay) {
  EXPECT_THAT(
      Expand("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", Day(2026, 10, 30), Day(2026, 10, 1), Day(2027, 1, 1)),
      ElementsAre(Day(2026, 10, 30), Day(2026, 11, 30), Day(2026, 12, 31)));
}

TEST(ExpandRule, YearlyByWeekday) {
  EXPECT_THAT(Expand("FREQ=YEARLY;BYMONTH=5;BYDAY=2SU", Day(2020, 5, 10), Day(2026, 1, 1), Day(2028, 1, 1)),
              ElementsAre(Day(2026, 5, 10), Day(2027, 5, 9)));
}

TEST(ExpandRule, YearlyBySetPosition) {
  EXPECT_THAT(
      Expand("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1", Day(2024, 2, 29), Day(2027, 1, 1), Day(2029, 1, 1)),
      ElementsAre(Day(2027, 2, 28), Day(2028, 2, 29)));
}

TEST(ExpandRule, EndsWithItsDateOrItsCount) {
  EXPECT_THAT(Expand("FREQ=DAILY;UNTIL=20261124T235959", Day(2026, 11, 23), Day(2026, 1, 1), Day(2027, 1, 1)),
              ElementsAre(Day(2026, 11, 23), Day(2026, 11, 24)));
  EXPECT_THAT(Expand("FREQ=DAILY;COUNT=3", Day(2026, 11, 23), Day(2026, 11, 25, 0), Day(2027, 1, 1)),
              ElementsAre(Day(2026, 11, 25)));
}

TEST(ExpandRule, WorkIsBounded) {
  EXPECT_EQ(
      ExpandRule("FREQ=DAILY;COUNT=5000", Day(2000, 1, 1), {Day(2026, 1, 1), Day(2027, 1, 1)}, 1000).status().code(),
      absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(Expand("FREQ=DAILY", Day(1900, 1, 1), Day(2026, 1, 1, 0), Day(2026, 1, 2, 0)),
              ElementsAre(Day(2026, 1, 1)));
  EXPECT_THAT(Expand("FREQ=DAILY", Day(2026, 1, 1), Day(2020, 1, 1), Day(2021, 1, 1)), IsEmpty());
}

TEST(ExpandRule, WhatIsNoRuleOrNeverHitsIsRefused) {
  for (const std::string& rule :
       {std::string(), std::string("x"), std::string("FREQ=NEVER"), std::string("RSCALE=HEBREW;FREQ=YEARLY"),
        std::string("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), std::string(600, 'x')}) {
    EXPECT_EQ(ExpandRule(rule, Day(2026, 1, 1), {Day(2026, 1, 1), Day(2027, 1, 1)}, 10).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace crosspoint::calendar
