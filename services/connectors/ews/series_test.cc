#include "connectors/ews/series.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "connectors/ews/soap/text.h"

namespace crosspoint::ews {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TimePoint At(const char* text) { return *ParseDateTime(text); }

// Mondays at ten in Berlin, half an hour, since October 2026.
CalendarItem Weekly() {
  CalendarItem master;
  master.id = {"MASTER=", "ck"};
  master.subject = "weekly";
  master.item_type = ItemType::kRecurringMaster;
  master.start = At("2026-10-05T08:00:00Z");
  master.end = At("2026-10-05T08:30:00Z");
  master.start_time_zone = "W. Europe Standard Time";
  master.recurrence = Recurrence{.pattern = Recurrence::Pattern::kWeekly, .days = {"Monday"}, .start = {2026, 10, 5}};
  return master;
}

std::vector<CalendarItem> Expand(const CalendarItem& master, const char* start, const char* end) {
  const auto items = ExpandSeries(master, At(start), At(end));
  EXPECT_TRUE(items.ok()) << items.status();
  return items.ok() ? *items : std::vector<CalendarItem>{};
}

std::vector<TimePoint> Starts(const CalendarItem& master, const char* start, const char* end) {
  std::vector<TimePoint> starts;
  for (const CalendarItem& item : Expand(master, start, end)) starts.push_back(item.start);
  return starts;
}

TEST(ExpandSeries, KeepsTheWallClockAcrossTheChangeOfClocks) {
  EXPECT_THAT(Starts(Weekly(), "2026-10-19T00:00:00Z", "2026-11-03T00:00:00Z"),
              ElementsAre(At("2026-10-19T08:00:00Z"), At("2026-10-26T09:00:00Z"), At("2026-11-02T09:00:00Z")));
}

TEST(ExpandSeries, OccurrenceHasTheFactsOfItsMaster) {
  const auto items = Expand(Weekly(), "2026-10-26T00:00:00Z", "2026-10-27T00:00:00Z");
  ASSERT_THAT(items, SizeIs(1));
  EXPECT_EQ(items[0].subject, "weekly");
  EXPECT_EQ(items[0].item_type, ItemType::kOccurrence);
  EXPECT_EQ(items[0].end, At("2026-10-26T09:30:00Z"));
  EXPECT_EQ(items[0].original_start, At("2026-10-26T09:00:00Z"));
  EXPECT_FALSE(items[0].recurrence);
  const auto id = ParseOccurrenceId(items[0].id.id);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->master_id, "MASTER=");
  EXPECT_EQ(id->original_start, items[0].start);
}

TEST(ExpandSeries, WindowTakesWhatOverlaps) {
  EXPECT_THAT(Starts(Weekly(), "2026-10-19T08:29:00Z", "2026-10-26T09:00:00Z"),
              ElementsAre(At("2026-10-19T08:00:00Z")));
  EXPECT_THAT(Starts(Weekly(), "2026-10-19T08:30:00Z", "2026-10-26T09:00:01Z"),
              ElementsAre(At("2026-10-26T09:00:00Z")));
}

TEST(ExpandSeries, DeletedOccurrencesAreLeftOut) {
  CalendarItem master = Weekly();
  master.deleted_occurrences = {At("2026-10-19T08:00:00Z"), At("2026-10-26T00:00:00Z")};
  EXPECT_THAT(Starts(master, "2026-10-12T00:00:00Z", "2026-11-03T00:00:00Z"),
              ElementsAre(At("2026-10-12T08:00:00Z"), At("2026-11-02T09:00:00Z")))
      << "one told by its time, one by its date";
}

TEST(ExpandSeries, MovedOccurrenceStandsAtItsNewPlace) {
  CalendarItem master = Weekly();
  const OccurrenceInfo moved{
      {"EXC=", "c2"}, At("2026-12-24T10:00:00Z"), At("2026-12-24T11:00:00Z"), At("2026-10-19T08:00:00Z")};
  master.modified_occurrences = {moved};
  EXPECT_THAT(Starts(master, "2026-10-19T00:00:00Z", "2026-10-20T00:00:00Z"), IsEmpty());
  const auto items = Expand(master, "2026-12-24T00:00:00Z", "2026-12-25T00:00:00Z");
  ASSERT_THAT(items, SizeIs(1));
  EXPECT_EQ(items[0].id, (ItemId{"EXC=", "c2"}));
  EXPECT_EQ(items[0].item_type, ItemType::kException);
  EXPECT_EQ(items[0].end, moved.end);
  EXPECT_EQ(items[0].recurrence_id, moved.original_start);
}

TEST(ExpandSeries, AllDaysLastWholeDaysAlsoWhenTheClocksChange) {
  CalendarItem master = Weekly();
  master.is_all_day = true;
  master.start = At("2026-10-03T22:00:00Z");  // Sunday the 4th in Berlin
  master.end = At("2026-10-04T22:00:00Z");
  master.recurrence = Recurrence{.pattern = Recurrence::Pattern::kWeekly, .days = {"Sunday"}, .start = {2026, 10, 4}};
  const auto items = Expand(master, "2026-10-25T10:00:00Z", "2026-10-25T11:00:00Z");
  ASSERT_THAT(items, SizeIs(1));
  EXPECT_EQ(items[0].start, At("2026-10-24T22:00:00Z"));
  EXPECT_EQ(items[0].end, At("2026-10-25T23:00:00Z"));
}

TEST(ExpandSeries, OldOpenSeriesCostsNoMoreThanANewOne) {
  CalendarItem master = Weekly();
  master.recurrence = Recurrence{.pattern = Recurrence::Pattern::kDaily, .start = {1900, 1, 1}};
  EXPECT_THAT(Starts(master, "2026-10-19T00:00:00Z", "2026-10-20T00:00:00Z"), SizeIs(1));
  master.recurrence->count = 2'000'000;
  EXPECT_EQ(ExpandSeries(master, At("2026-10-19T00:00:00Z"), At("2026-10-20T00:00:00Z")).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(ExpandSeries, MasterWithoutARuleIsASingleItem) {
  CalendarItem master = Weekly();
  master.recurrence.reset();
  EXPECT_THAT(Starts(master, "2026-10-05T00:00:00Z", "2026-10-06T00:00:00Z"), ElementsAre(master.start));
  EXPECT_THAT(Starts(master, "2026-10-06T00:00:00Z", "2026-10-07T00:00:00Z"), IsEmpty());
}

TEST(OccurrenceOf, FindsItAgainByItsStart) {
  CalendarItem master = Weekly();
  master.deleted_occurrences = {At("2026-10-19T08:00:00Z")};
  const auto found = OccurrenceOf(master, At("2026-10-26T09:00:00Z"));
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->end - found->start, minutes(30));
  for (const char* missing : {"2026-10-19T08:00:00Z", "2026-10-27T09:00:00Z", "2026-10-26T08:00:00Z"}) {
    EXPECT_EQ(OccurrenceOf(master, At(missing)).status().code(), absl::StatusCode::kNotFound) << missing;
  }
}

TEST(OccurrenceId, IdsOfTheServerAreNone) {
  for (const char* id : {"", "AAMkAGI=", "#", "a#", "a#12x", "a#1#2", "a#9223372036854775807"})
    EXPECT_FALSE(ParseOccurrenceId(id)) << id;
}

TEST(RruleOf, EveryPattern) {
  using Pattern = Recurrence::Pattern;
  const auto rule = [](const Recurrence& recurrence) { return RruleOf(recurrence).value_or("refused"); };
  EXPECT_EQ(rule({.pattern = Pattern::kDaily, .interval = 2, .count = 5}), "FREQ=DAILY;INTERVAL=2;COUNT=5");
  EXPECT_EQ(rule({.pattern = Pattern::kWeekly, .days = {"Weekday"}, .first_day_of_week = "Monday"}),
            "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,TU,WE,TH,FR;WKST=MO");
  EXPECT_EQ(rule({.pattern = Pattern::kAbsoluteMonthly, .day_of_month = 15, .end = Date{2027, 1, 31}}),
            "FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=15;UNTIL=20270131T235959");
  EXPECT_EQ(rule({.pattern = Pattern::kAbsoluteMonthly, .day_of_month = 30}),
            "FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=28,29,30;BYSETPOS=-1");
  EXPECT_EQ(rule({.pattern = Pattern::kRelativeMonthly, .days = {"Friday"}, .week_index = "Last"}),
            "FREQ=MONTHLY;INTERVAL=1;BYDAY=FR;BYSETPOS=-1");
  EXPECT_EQ(rule({.pattern = Pattern::kAbsoluteYearly, .day_of_month = 1, .month = "May"}),
            "FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=1");
  EXPECT_EQ(rule({.pattern = Pattern::kRelativeYearly, .days = {"Day"}, .month = "June", .week_index = "First"}),
            "FREQ=YEARLY;BYMONTH=6;BYDAY=SU,MO,TU,WE,TH,FR,SA;BYSETPOS=1");
}

TEST(RruleOf, IncompleteRulesAreRefused) {
  using Pattern = Recurrence::Pattern;
  for (const Recurrence& recurrence :
       {Recurrence{.interval = 0}, Recurrence{.pattern = Pattern::kWeekly},
        Recurrence{.pattern = Pattern::kWeekly, .days = {"Someday"}}, Recurrence{.pattern = Pattern::kAbsoluteMonthly},
        Recurrence{.pattern = Pattern::kAbsoluteYearly, .day_of_month = 1},
        Recurrence{.pattern = Pattern::kRelativeMonthly, .days = {"Monday"}},
        Recurrence{.pattern = Pattern::kDaily, .count = 0}}) {
    EXPECT_EQ(RruleOf(recurrence).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace crosspoint::ews
