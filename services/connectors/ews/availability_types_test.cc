#include "connectors/ews/availability_types.h"

#include <gtest/gtest.h>

#include "common/calendar/time_zone.h"
#include "connectors/ews/soap/text.h"

namespace crosspoint::ews {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

TimePoint At(const char* text) { return *ParseDateTime(text); }
const TimePoint kSummer = At("2026-07-01T00:00:00Z");

TEST(ZoneRuleOf, NorthernZone) {
  const ZoneRule berlin{.bias = minutes(-60),
                        .standard = {.time = hours(3), .month = 10, .week = 5},
                        .daylight = {.bias = minutes(-60), .time = hours(2), .month = 3, .week = 5}};
  EXPECT_EQ(ZoneRuleOf("Europe/Berlin", kSummer), berlin);
  EXPECT_EQ(ZoneRuleOf("W. Europe Standard Time", kSummer), berlin);
}

TEST(ZoneRuleOf, SouthernZone) {
  EXPECT_EQ(ZoneRuleOf("AUS Eastern Standard Time", kSummer),
            (ZoneRule{.bias = minutes(-600),
                      .standard = {.time = hours(3), .month = 4, .week = 1},
                      .daylight = {.bias = minutes(-60), .time = hours(2), .month = 10, .week = 1}}));
}

TEST(ZoneRuleOf, ZoneWithoutChangesAndNone) {
  EXPECT_EQ(ZoneRuleOf("Asia/Kolkata", kSummer), (ZoneRule{.bias = minutes(-330)}));
  EXPECT_EQ(ZoneRuleOf("", kSummer), ZoneRule{});
  EXPECT_EQ(ZoneRuleOf("Customized Time Zone", kSummer), ZoneRule{});
}

// Every hour of a year, there and back, agrees with the zone data.
TEST(ZoneRule, AgreesWithTheZoneDataAllYear) {
  for (const char* zone :
       {"Europe/Berlin", "America/New_York", "Australia/Sydney", "Asia/Kolkata", "America/Santiago"}) {
    const ZoneRule rule = ZoneRuleOf(zone, kSummer);
    for (TimePoint time = At("2026-01-01T12:00:00Z"); time < At("2026-12-31T00:00:00Z"); time += hours(1)) {
      const calendar::LocalTime local = calendar::ToLocal(time, zone);
      const calendar::LocalTime ruled = calendar::ToLocal(ToZone(rule, time), "");
      ASSERT_EQ(ruled, local) << zone << " " << FormatDateTime(time);
      // Of an hour that comes twice the first is meant.
      const TimePoint back = FromZone(rule, ToZone(rule, time));
      ASSERT_TRUE(back == time || back == time - hours(1)) << zone << " " << FormatDateTime(time);
    }
  }
}

TEST(RuleOf, ZoneWithoutAnythingIsUtc) { EXPECT_EQ(RuleOf({}, kSummer), ZoneRule{}); }

}  // namespace
}  // namespace crosspoint::ews
