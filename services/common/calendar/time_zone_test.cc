#include "common/calendar/time_zone.h"

#include <gtest/gtest.h>

namespace crosspoint::calendar {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TimePoint At(int64_t unix_seconds) { return TimePoint{seconds{unix_seconds}}; }

TEST(TimeZone, WindowsAndIanaNamesMapBothWays) {
  EXPECT_EQ(IanaFromWindows("W. Europe Standard Time"), "Europe/Berlin");
  EXPECT_EQ(IanaFromWindows("UTC"), "Etc/UTC");
  EXPECT_EQ(WindowsFromIana("Europe/Berlin"), "W. Europe Standard Time");
  EXPECT_EQ(WindowsFromIana("Asia/Kolkata"), "India Standard Time");
  EXPECT_FALSE(IanaFromWindows("Customized Time Zone"));
  EXPECT_FALSE(IanaFromWindows(""));
  EXPECT_FALSE(WindowsFromIana("Mars/Olympus"));
}

TEST(TimeZone, RecognizesWhatCalendarsCallZones) {
  EXPECT_EQ(RecognizeZone("Europe/Berlin"), "Europe/Berlin");
  EXPECT_EQ(RecognizeZone("Pacific Standard Time"), "America/Los_Angeles");
  EXPECT_EQ(RecognizeZone("/freeassociation.sourceforge.net/Europe/Berlin"), "Europe/Berlin");
  EXPECT_EQ(RecognizeZone("Z"), "Etc/UTC");
  EXPECT_FALSE(RecognizeZone("(UTC+01:00) Amsterdam, Berlin"));
  EXPECT_FALSE(RecognizeZone("////"));
  EXPECT_FALSE(RecognizeZone(std::string(100'000, '/')));
}

TEST(TimeZone, LocalTimesKeepTheClockChanges) {
  // 2026-03-29 01:00 UTC: Berlin goes from 02:00 to 03:00.
  const auto change = At(1774746000);
  EXPECT_EQ(ToLocal(change - seconds{1}, "Europe/Berlin"), (LocalTime{2026, 3, 29, 1, 59, 59}));
  EXPECT_EQ(ToLocal(change, "Europe/Berlin"), (LocalTime{2026, 3, 29, 3, 0, 0}));
  EXPECT_EQ(FromLocal({2026, 3, 29, 3, 0, 0}, "Europe/Berlin"), change);
  EXPECT_EQ(FromLocal({2026, 3, 29, 2, 30, 0}, "Europe/Berlin"), change + minutes{30});
  // 2026-10-25: 02:30 comes twice.
  EXPECT_EQ(FromLocal({2026, 10, 25, 2, 30, 0}, "Europe/Berlin"), At(1792888200));
}

TEST(TimeZone, UnknownZoneIsUtcAndOldDatesAreGregorian) {
  EXPECT_EQ(ToLocal(At(0), "Mars/Olympus"), (LocalTime{1970, 1, 1, 0, 0, 0}));
  EXPECT_EQ(FromLocal({1970, 1, 2, 0, 0, 0}, ""), At(0) + hours{24});
  EXPECT_EQ(ToLocal(At(-62'135'596'800), ""), (LocalTime{1, 1, 1, 0, 0, 0}));
}

}  // namespace
}  // namespace crosspoint::calendar
