#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/calendar/ics.h"
#include "common/calendar/recurrence.h"
#include "common/calendar/time_zone.h"
#include "tests/support/ics_readers/ics_readers.h"

namespace crosspoint::calendar {
namespace {

using nlohmann::json;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

const TimePoint kStart{seconds{1'782'900'000}};  // 2026-07-01 10:00 UTC

std::string Two(int number) { return (number < 10 ? "0" : "") + std::to_string(number); }
std::string Day(const LocalTime& t) { return std::to_string(t.year) + "-" + Two(t.month) + "-" + Two(t.day); }
std::string Instant(TimePoint time) {
  const auto t = ToLocal(time, "");
  return Day(t) + "T" + Two(t.hour) + ":" + Two(t.minute) + ":" + Two(t.second) + "Z";
}

class IcsReaders : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::HaveIcsReaders()) GTEST_SKIP() << "python3-icalendar or python3-vobject is not installed";
  }

  static json Read(const IcsFile& file) {
    const auto text = testing::ReadIcsByOthers(WriteIcs(file));
    return text.empty() ? json{{"events", json::array({json::object()})}} : json::parse(text);
  }
  static json Read(const IcsEvent& event) { return Read(IcsFile{.events = {event}})["events"][0]; }

  static IcsEvent Event() {
    return {.uid = "m1@bridge.acme.test",
            .sequence = 3,
            .stamp = kStart - hours{48},
            .start = kStart,
            .end = kStart + minutes{45},
            .time_zone = "Europe/Berlin",
            .summary = "Planning",
            .organizer = IcsPerson{.email = "ada@acme.test", .name = "Ada Lovelace"}};
  }
};

TEST_F(IcsReaders, ReadEveryFactOfAMeeting) {
  auto event = Event();
  event.location = "Room 7; second floor, left";
  event.description = "Join: https://bridge.acme.test/join/123\nCode: 123 456\\789\n\nBye";
  event.url = "https://bridge.acme.test/join/123?a=b&c=d";
  event.conferences = {{.uri = "https://bridge.acme.test/join/123", .label = "Join; now, please: go"},
                       {.uri = "tel:+15550100,,123456", .label = "Dial in", .feature = IcsFeature::kPhone}};
  event.attendees = {{.person = {.email = "ada@acme.test", .name = "Ada"},
                      .role = IcsRole::kChair,
                      .response = IcsPartStat::kAccepted},
                     {.person = {.email = "bob@acme.test", .name = "Bob; Builder, Ltd: x"}, .role = IcsRole::kOptional},
                     {.person = {.email = "room7@acme.test"},
                      .role = IcsRole::kNonParticipant,
                      .response = IcsPartStat::kDeclined,
                      .resource = true}};
  event.busy_status = "OOF";
  event.last_modified = kStart - hours{1};
  const auto read = Read(event);
  EXPECT_EQ(read["uid"], event.uid);
  EXPECT_EQ(read["sequence"], 3);
  EXPECT_EQ(read["summary"], event.summary);
  EXPECT_EQ(read["location"], event.location);
  EXPECT_EQ(read["description"], event.description);
  EXPECT_EQ(read["url"], event.url);
  EXPECT_EQ(read["start"], Instant(event.start));
  EXPECT_EQ(read["end"], Instant(event.end));
  EXPECT_EQ(read["stamp"], Instant(event.stamp));
  EXPECT_EQ(read["last_modified"], Instant(*event.last_modified));
  EXPECT_EQ(read["status"], "CONFIRMED");
  EXPECT_EQ(read["busy_status"], "OOF");
  EXPECT_EQ(read["organizer"], "ada@acme.test");
  EXPECT_EQ(read["organizer_name"], "Ada Lovelace");
  ASSERT_EQ(read["attendees"].size(), 3u);
  EXPECT_EQ(read["attendees"][0]["role"], "CHAIR");
  EXPECT_EQ(read["attendees"][0]["partstat"], "ACCEPTED");
  EXPECT_EQ(read["attendees"][1]["name"], "Bob; Builder, Ltd: x");
  EXPECT_EQ(read["attendees"][1]["role"], "OPT-PARTICIPANT");
  EXPECT_EQ(read["attendees"][2]["cutype"], "RESOURCE");
  EXPECT_EQ(read["attendees"][2]["partstat"], "DECLINED");
  ASSERT_EQ(read["conferences"].size(), 2u);
  EXPECT_EQ(read["conferences"][0]["uri"], "https://bridge.acme.test/join/123");
  EXPECT_EQ(read["conferences"][0]["value"], "URI");
  EXPECT_EQ(read["conferences"][0]["label"], "Join; now, please: go");
  EXPECT_EQ(read["conferences"][1]["uri"], "tel:+15550100,,123456");
  EXPECT_EQ(read["conferences"][1]["feature"], "PHONE");
}

TEST_F(IcsReaders, AgreeOnTheInstantInEveryZoneAndSeason) {
  for (const auto* zone : {"", "Europe/Berlin", "America/New_York", "America/St_Johns", "Asia/Kolkata",
                           "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Chatham", "America/Sao_Paulo"}) {
    for (const int days : {0, 120, 250}) {
      auto event = Event();
      event.time_zone = zone;
      event.start += hours{24 * days};
      event.end += hours{24 * days};
      const auto read = Read(event);
      EXPECT_EQ(read["start"], Instant(event.start)) << zone << " " << days;
      EXPECT_EQ(read["end"], Instant(event.end)) << zone << " " << days;
    }
  }
}

TEST_F(IcsReaders, SeeDaysAsDays) {
  auto event = Event();
  event.all_day = true;
  event.time_zone = "Asia/Tokyo";
  event.start = FromLocal({2026, 12, 31}, "Asia/Tokyo");
  event.end = FromLocal({2027, 1, 2}, "Asia/Tokyo");
  const auto read = Read(event);
  EXPECT_EQ(read["start"], "2026-12-31");
  EXPECT_EQ(read["end"], "2027-01-02");
}

TEST_F(IcsReaders, ExpandSeriesAsWeDo) {
  const struct {
    const char* rule;
    const char* zone;
  } kSeries[] = {
      {"FREQ=DAILY;COUNT=12", "Europe/Berlin"},
      {"FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;UNTIL=20270131T235959", "Europe/Berlin"},
      {"FREQ=WEEKLY;BYDAY=WE;UNTIL=20261201T120000", "America/New_York"},  // the last occurrence itself
      {"FREQ=MONTHLY;BYDAY=-1FR;COUNT=9", "Australia/Lord_Howe"},
      {"FREQ=MONTHLY;BYMONTHDAY=31;COUNT=6", "Asia/Kolkata"},
      {"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=3", ""},
  };
  for (const auto& series : kSeries) {
    const LocalTime first{2026, 7, 1, 12, 0, 0};
    auto event = Event();
    event.time_zone = series.zone;
    event.start = FromLocal(first, series.zone);
    event.end = event.start + minutes{30};
    event.rrule = series.rule;
    const auto read = Read(event);
    const auto ours = ExpandRule(series.rule, first, {first, {2040, 1, 1}}, 1000);
    ASSERT_TRUE(ours.ok()) << series.rule;
    std::vector<std::string> expected;
    for (const auto& local : *ours) expected.push_back(Instant(FromLocal(local, series.zone)));
    // The first day of the file counts for that program whether the rule hits it or not.
    auto theirs = read["occurrences"].get<std::vector<std::string>>();
    if (!theirs.empty() && theirs.front() != expected.front() && theirs.front() == Instant(event.start)) {
      theirs.erase(theirs.begin());
    }
    expected.resize(std::min<size_t>(expected.size(), theirs.size()));
    EXPECT_EQ(theirs, expected) << series.rule << " " << series.zone;
    EXPECT_GT(theirs.size(), 2u) << series.rule;
  }
}

TEST_F(IcsReaders, SeriesOfDaysEndsWithADay) {
  auto event = Event();
  event.all_day = true;
  event.start = FromLocal({2026, 7, 1}, "Europe/Berlin");
  event.end = FromLocal({2026, 7, 2}, "Europe/Berlin");
  event.rrule = "FREQ=DAILY;UNTIL=20260703T000000";
  event.exdates = {FromLocal({2026, 7, 2}, "Europe/Berlin")};
  EXPECT_THAT(Read(event)["occurrences"].get<std::vector<std::string>>(), ElementsAre("2026-07-01", "2026-07-03"));
}

TEST_F(IcsReaders, SeeExceptionsOfASeries) {
  auto master = Event();
  master.rrule = "FREQ=DAILY;COUNT=4";
  master.exdates = {kStart + hours{24}};
  auto moved = Event();
  moved.recurrence_id = kStart + hours{48};
  moved.start = kStart + hours{50};
  moved.end = kStart + hours{51};
  moved.time_zone = "America/New_York";  // moved to another zone: the series' own names the occurrence
  moved.summary = "Moved";
  const auto read = Read(IcsFile{.method = "PUBLISH", .events = {master, moved}});
  EXPECT_EQ(read["method"], "PUBLISH");
  EXPECT_THAT(read["zones"].get<std::vector<std::string>>(), UnorderedElementsAre("America/New_York", "Europe/Berlin"));
  ASSERT_EQ(read["events"].size(), 2u);
  EXPECT_THAT(read["events"][0]["exdates"].get<std::vector<std::string>>(), ElementsAre(Instant(kStart + hours{24})));
  EXPECT_THAT(read["events"][0]["occurrences"].get<std::vector<std::string>>(),
              ElementsAre(Instant(kStart), Instant(kStart + hours{48}), Instant(kStart + hours{72})));
  EXPECT_EQ(read["events"][1]["recurrence_id"], Instant(kStart + hours{48}));
  EXPECT_EQ(read["events"][1]["start"], Instant(kStart + hours{50}));
  EXPECT_EQ(read["events"][1]["summary"], "Moved");
}

TEST_F(IcsReaders, SeeNothingThatTextsSmuggle) {
  const std::string evil = "x\r\nATTACH:http://evil.test/\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:evil\r\n";
  auto event = Event();
  event.summary = event.location = event.description = event.url = evil;
  event.conferences = {{.uri = "https://x.test/" + evil, .label = evil}};
  event.organizer = IcsPerson{.email = "a@b.test\r\nX-EVIL:1", .name = "n\"\r\nX-EVIL:2" + evil};
  event.attendees = {{.person = {.email = "c@d.test\nX-EVIL:3", .name = "\";X-EVIL=4:\"\n" + evil}}};
  event.rrule = "FREQ=DAILY\r\nX-EVIL:5";
  event.busy_status = "BUSY\r\nX-EVIL:6";
  const auto read = Read(IcsFile{.method = "PUBLISH\r\nX-EVIL:7", .events = {event}});
  ASSERT_EQ(read["events"].size(), 1u);
  EXPECT_EQ(read["events"][0]["uid"], event.uid);
  EXPECT_EQ(read["events"][0]["attendees"].size(), 1u);
  EXPECT_EQ(read["events"][0]["busy_status"], "");
  EXPECT_THAT(WriteIcs(event), Not(::testing::HasSubstr("\nX-EVIL")));
}

TEST_F(IcsReaders, ReadLongAndForeignTexts) {
  auto event = Event();
  for (int i = 0; i < 60; ++i) event.summary += "Größe 会议 📅 ";
  event.description = std::string(5000, 'y') + "\n\xC3\xA4";
  event.organizer->name = "Žofie \"Ž\" Müller-Lüdenscheidt mit einem langen Namen, der gefaltet werden muss";
  const auto read = Read(event);
  EXPECT_EQ(read["summary"], event.summary);
  EXPECT_EQ(read["description"], event.description);
}

TEST_F(IcsReaders, SeeCancellation) {
  auto event = Event();
  event.status = IcsStatus::kCancelled;
  event.sequence = 9;
  const auto read = Read(IcsFile{.method = "CANCEL", .events = {event}});
  EXPECT_EQ(read["method"], "CANCEL");
  EXPECT_EQ(read["events"][0]["status"], "CANCELLED");
  EXPECT_EQ(read["events"][0]["sequence"], 9);
}

TEST_F(IcsReaders, AgreeOnAMeetingWithoutLength) {
  auto event = Event();
  event.end = event.start;
  EXPECT_EQ(Read(event)["end"], "");
}

}  // namespace
}  // namespace crosspoint::calendar
