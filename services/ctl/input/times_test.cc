#include "ctl/input/times.h"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <time.h>

#include "common/status/status.h"

namespace crosspoint::ctl {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// 2026-11-23T12:00:00Z, 13:00 in Berlin.
const TimePoint kNow{std::chrono::seconds{1795435200}};

class Times : public ::testing::Test {
 protected:
  Times() {
    setenv("TZ", "Europe/Berlin", 1);
    tzset();
  }
  ~Times() override {
    unsetenv("TZ");
    tzset();
  }
  static TimePoint Parsed(const std::string& text) {
    const auto time = ParseTime(text, kNow);
    EXPECT_TRUE(time.ok()) << time.status();
    return time.value_or(TimePoint{});
  }
};

TEST_F(Times, ReadsDatesWithAndWithoutZone) {
  EXPECT_EQ(Parsed("2026-11-23T12:00:00Z"), kNow);
  EXPECT_EQ(Parsed("2026-11-23T14:00+02:00"), kNow);
  EXPECT_EQ(Parsed("2026-11-23T07:30-04:30"), kNow);
  EXPECT_EQ(Parsed("2026-11-23 13:00"), kNow);
}

TEST_F(Times, AClockTimeIsTheNextOne) {
  EXPECT_EQ(Parsed("13:30"), kNow + 30min);
  EXPECT_EQ(Parsed("13:00"), kNow + 24h);
  EXPECT_EQ(Parsed("9:00"), kNow + 20h);
}

TEST_F(Times, CountsFromNow) {
  EXPECT_EQ(Parsed("now"), kNow);
  EXPECT_EQ(Parsed("+90m"), kNow + 90min);
  EXPECT_EQ(Parsed("+3d"), kNow + 72h);
}

TEST_F(Times, RefusesWhatIsNoTimeNamingTheForms) {
  for (const char* text : {"", "tomorrow", "25:00", "2026-02-30T10:00", "2026-11-23T24:00", "+", "+5", "2026-11-23"}) {
    const auto time = ParseTime(text, kNow);
    EXPECT_FALSE(time.ok()) << text;
    EXPECT_THAT(MessageOf(time.status()), HasSubstr("2026-11-24T10:00"));
  }
}

TEST_F(Times, ReadsDurations) {
  EXPECT_EQ(*ParseDuration("90s"), 90s);
  EXPECT_EQ(*ParseDuration("2h"), 2h);
  for (const char* text : {"", "5", "1w", "-3m", "99999999d"}) EXPECT_FALSE(ParseDuration(text).ok()) << text;
}

TEST_F(Times, ShowsTimesInTheMachinesZone) {
  EXPECT_EQ(ShortTime(kNow, kNow), "Mon 23 Nov 13:00");
  EXPECT_EQ(ShortTime(kNow + 24h * 60, kNow), "Fri 22 Jan 2027 13:00");
  EXPECT_EQ(ShortTime(TimePoint{}, kNow), "");
  EXPECT_EQ(ShortLength(65s), "1:05");
}

}  // namespace
}  // namespace crosspoint::ctl
