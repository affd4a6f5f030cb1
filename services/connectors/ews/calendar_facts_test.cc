#include "connectors/ews/calendar_facts.h"

#include <gtest/gtest.h>

#include "connectors/ews/properties.h"
#include "connectors/ews/soap/text.h"

namespace crosspoint::ews {
namespace {

TimePoint At(const char* text) { return *ParseDateTime(text); }

TEST(AllDay, MidnightsOfTheZoneOfTheItem) {
  EXPECT_EQ(AllDaySpan({2026, 11, 23}, 1, "W. Europe Standard Time"),
            (TimeSpan{At("2026-11-22T23:00:00Z"), At("2026-11-23T23:00:00Z")}));
  EXPECT_EQ(AllDaySpan({2026, 10, 24}, 2, "Europe/Berlin"),
            (TimeSpan{At("2026-10-23T22:00:00Z"), At("2026-10-25T23:00:00Z")}))
      << "the second day has 25 hours";
}

TEST(AllDay, MeansTheSameDayForEveryReader) {
  CalendarItem item;
  item.is_all_day = true;
  item.start = At("2026-11-22T23:00:00Z");
  item.end = At("2026-11-23T23:00:00Z");
  item.start_time_zone = "W. Europe Standard Time";
  EXPECT_EQ(FirstDayOf(item, "Pacific Standard Time"), (Date{2026, 11, 23}));
  EXPECT_EQ(DayCountOf(item), 1);
  item.start_time_zone.clear();
  EXPECT_EQ(FirstDayOf(item, "W. Europe Standard Time"), (Date{2026, 11, 23}));
}

TEST(AllDay, DaysOfTwentyThreeAndTwentyFiveHoursAreDays) {
  CalendarItem item;
  const TimeSpan spring = AllDaySpan({2026, 3, 29}, 1, "Europe/Berlin");
  item.start = spring.start;
  item.end = spring.end;
  EXPECT_EQ(DayCountOf(item), 1);
}

TEST(PrivateItems, OnlyTimesAndStateAreLeft) {
  CalendarItem item;
  item.id = {"i", "c"};
  item.subject = "Doctor";
  item.location = "there";
  item.organizer = Mailbox{.name = "A", .email = "a@x"};
  item.required_attendees = {{.mailbox = {.email = "b@x"}}};
  item.start = At("2026-11-23T09:00:00Z");
  item.free_busy = FreeBusy::kNoData;
  CalendarItem open = item;
  HidePrivateFacts(open);
  EXPECT_EQ(open.subject, "Doctor");
  item.sensitivity = Sensitivity::kPrivate;
  HidePrivateFacts(item);
  EXPECT_EQ(item.subject, "");
  EXPECT_EQ(item.location, "");
  EXPECT_FALSE(item.organizer);
  EXPECT_TRUE(item.required_attendees.empty());
  EXPECT_EQ(item.free_busy, FreeBusy::kBusy);
  EXPECT_EQ(item.id.id, "i");
  EXPECT_EQ(item.start, At("2026-11-23T09:00:00Z"));
}

TEST(SameVersion, ByChangeKeyElseByTheLastChange) {
  CalendarItem before;
  before.id = {"i", "1"};
  CalendarItem now = before;
  EXPECT_TRUE(IsSameVersion(before, now));
  now.id.change_key = "2";
  EXPECT_FALSE(IsSameVersion(before, now));
  before.id.change_key.clear();
  before.last_modified = At("2026-11-23T09:00:00Z");
  now.last_modified = At("2026-11-23T09:00:01Z");
  EXPECT_FALSE(IsSameVersion(before, now));
  now.last_modified = before.last_modified;
  EXPECT_TRUE(IsSameVersion(before, now));
}

TEST(Shows, EveryFactThatWasSet) {
  CalendarItem item;
  item.subject = "a";
  item.start = At("2026-11-23T09:00:00Z");
  item.required_attendees = {{.mailbox = {.email = "B@x"}}, {.mailbox = {.email = "a@x"}}};
  item.extended_properties = {{CrosspointIdPath(), "m1"}};
  EXPECT_TRUE(Shows(item, {.subject = "a",
                           .start = At("2026-11-23T09:00:00Z"),
                           .required_attendees = {{"a@x", "b@x"}},
                           .set_properties = {{CrosspointIdPath(), "m1"}},
                           .delete_properties = {CrosspointAvailabilityStatePath()}}));
  EXPECT_FALSE(Shows(item, {.subject = "b"}));
  EXPECT_FALSE(Shows(item, {.end = At("2026-11-23T09:00:00Z")}));
  EXPECT_FALSE(Shows(item, {.required_attendees = {{"a@x", "a@x"}}}));
  EXPECT_FALSE(Shows(item, {.set_properties = {{CrosspointIdPath(), "m2"}}}));
  EXPECT_FALSE(Shows(item, {.delete_properties = {CrosspointIdPath()}}));
}

}  // namespace
}  // namespace crosspoint::ews
