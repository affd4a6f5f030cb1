#include "common/calendar/ics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "common/calendar/time_zone.h"

namespace crosspoint::calendar {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

const TimePoint kStart{seconds{1'782'900'000}};  // 2026-07-01 10:00 UTC

IcsEvent Event() {
  return {.uid = "040000008200E00074C5B7101A82E008",
          .sequence = 3,
          .stamp = kStart - hours{48},
          .start = kStart,
          .end = kStart + minutes{45},
          .time_zone = "Europe/Berlin",
          .summary = "Planung; Stand, Zahlen\nZweite Zeile \xF0\x9F\x93\x85",
          .location = "Raum \"Zugspitze\"",
          .organizer = IcsPerson{.email = "ada@acme.test", .name = "Ada \"Countess\" Lovelace"},
          .attendees = {{.person = {.email = "bob@acme.test", .name = "Bob; Builder, Ltd: x"},
                         .response = IcsPartStat::kAccepted},
                        {.person = {.email = "zugspitze@acme.test", .name = "Zugspitze"},
                         .role = IcsRole::kNonParticipant,
                         .resource = true}}};
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::filesystem::path SourceDir() {
  const char* dir = std::getenv("CROSSPOINT_SOURCE_DIR");
  return dir == nullptr ? "." : dir;
}

// Compares with a recorded file; CROSSPOINT_UPDATE_GOLDEN=1 records.
void ExpectGolden(const std::string& name, const std::string& text) {
  const auto path = SourceDir() / "services/common/calendar/testdata" / name;
  if (std::getenv("CROSSPOINT_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << text;
  EXPECT_EQ(text, ReadFile(path)) << name;
}

IcsEvent ReadBack(const std::string& text) {
  const auto file = ParseIcs(text);
  EXPECT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file.ok() ? file->events.size() : 0, 1u);
  return file.ok() && !file->events.empty() ? file->events.front() : IcsEvent{};
}

TEST(WriteIcs, MeetingInAZone) { ExpectGolden("meeting_in_zone.ics", WriteIcs(Event())); }

TEST(WriteIcs, AllDayPrivateCancelled) {
  auto event = Event();
  event.all_day = true;
  event.start = TimePoint{seconds{1'782'856'800}};  // midnight in Berlin
  event.end = event.start + hours{48};
  event.privacy = IcsClass::kPrivate;
  event.status = IcsStatus::kCancelled;
  event.transparent = true;
  const auto text = WriteIcs(event);
  EXPECT_THAT(text, HasSubstr("DTSTART;VALUE=DATE:20260701\r\n"));
  EXPECT_THAT(text, HasSubstr("DTEND;VALUE=DATE:20260703\r\n"));
  ExpectGolden("all_day.ics", text);
}

TEST(WriteIcs, OccurrenceInUtc) {
  auto event = Event();
  event.time_zone.clear();
  event.recurrence_id = kStart - hours{1};
  ExpectGolden("occurrence_utc.ics", WriteIcs(event));
}

TEST(WriteIcs, ReadsBackEqual) {
  for (const auto* zone : {"", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Sydney"}) {
    auto event = Event();
    event.time_zone = zone;
    event.created = kStart - hours{100};
    event.last_modified = kStart - hours{50};
    auto back = ReadBack(WriteIcs(event));
    // Quotation marks cannot stand in a parameter.
    event.organizer->name = "Ada 'Countess' Lovelace";
    EXPECT_EQ(back, event) << zone;
  }
}

TEST(WriteIcs, SeriesReadsBackEqual) {
  for (const auto* zone : {"", "Europe/Berlin", "America/New_York"}) {
    auto event = Event();
    event.organizer->name = "Ada";
    event.time_zone = zone;
    event.rrule = "FREQ=WEEKLY;UNTIL=20261201T120000;INTERVAL=2;BYDAY=MO,WE";
    event.exdates = {kStart + hours{48}};
    event.rdates = {kStart + hours{5}};
    event.busy_status = "OOF";
    event.conferences = {{.uri = "https://bridge.test/1", .label = "Join"},
                         {.uri = "tel:+15550100,,12", .label = "Dial", .feature = IcsFeature::kPhone}};
    EXPECT_EQ(ReadBack(WriteIcs(event)), event) << zone;
  }
}

TEST(WriteIcs, RuleThatIsNoneIsLeftOut) {
  auto event = Event();
  for (const auto* rule : {"x", "FREQ=NEVER", "FREQ=DAILY\r\nATTACH:x"}) {
    event.rrule = rule;
    EXPECT_THAT(WriteIcs(event), Not(HasSubstr("ATTACH"))) << rule;
  }
}

TEST(WriteIcs, LinesAreFoldedAndEndInCrLf) {
  auto event = Event();
  event.summary = std::string(500, 'x') + "\xC3\xA4\xC3\xB6\xC3\xBC" + std::string(300, 'y');
  const auto text = WriteIcs(event);
  size_t at = 0;
  while (at < text.size()) {
    const auto end = text.find("\r\n", at);
    ASSERT_NE(end, std::string::npos) << "a line without CRLF";
    EXPECT_LE(end - at, 75u) << text.substr(at, end - at);
    EXPECT_EQ(text.substr(at, end - at).find_first_of("\r\n"), std::string::npos);
    at = end + 2;
  }
  EXPECT_EQ(ReadBack(text).summary, event.summary);
}

TEST(WriteIcs, NoLineCanBeSmuggledIn) {
  const std::string evil = "x\r\nATTACH:http://evil.test/\nBEGIN:VALARM\r\nACTION:AUDIO\r";
  auto event = Event();
  event.uid = event.summary = event.location = event.description = event.url = evil;
  event.organizer = IcsPerson{.email = "a@b\r\nX-EVIL:1", .name = "n\"\r\nX-EVIL:2"};
  event.attendees = {{.person = {.email = "c@d\nX-EVIL:3", .name = "\";X-EVIL=4:\"\n"}}};
  const auto text = WriteIcs(event);
  for (const auto* line : {"\nATTACH", "\nX-EVIL", "\nACTION", "\nBEGIN:VALARM"}) {
    EXPECT_THAT(text, Not(HasSubstr(line)));
  }
  const auto file = ParseIcs(text);
  ASSERT_TRUE(file.ok());
  ASSERT_EQ(file->events.size(), 1u);
  EXPECT_EQ(file->events[0].attendees.size(), 1u);
  EXPECT_EQ(file->events[0].summary, "x\nATTACH:http://evil.test/\nBEGIN:VALARM\nACTION:AUDIO\n");
}

TEST(WriteIcs, BrokenUtf8AndUnusableAddressesDoNoHarm) {
  auto event = Event();
  event.summary = "bad \xff\xfe bytes\x01\x7f";
  event.organizer = IcsPerson{.email = "/o=Acme/cn=Recipients/cn=ada"};
  event.attendees = {{.person = {.email = ""}}};
  const auto text = WriteIcs(event);
  EXPECT_THAT(text, Not(HasSubstr("ORGANIZER")));
  EXPECT_THAT(text, Not(HasSubstr("ATTENDEE")));
  EXPECT_EQ(ReadBack(text).summary, "bad \xEF\xBF\xBD\xEF\xBF\xBD bytes");
}

TEST(ParseIcs, RefusesWhatIsNoCalendar) {
  EXPECT_FALSE(ParseIcs("").ok());
  EXPECT_FALSE(ParseIcs("hello").ok());
  EXPECT_FALSE(ParseIcs(std::string("BEGIN:VCALENDAR\r\n\0", 18)).ok());
  EXPECT_FALSE(ParseIcs(std::string((1 << 20) + 1, 'x')).ok());
}

TEST(ParseIcs, DeepNestingIsRefusedHoweverItIsWritten) {
  for (const auto* begin : {"BEGIN:VEVENT\r\n", "begin;X=1:VEVENT\n", "BEG\r\n IN:VEVENT\r\n", "BE\n\tGIN:X\n"}) {
    std::string text = "BEGIN:VCALENDAR\r\n";
    for (int i = 0; i < 50'000; ++i) text += begin;
    EXPECT_FALSE(ParseIcs(text).ok()) << begin;
  }
}

TEST(ParseIcs, TooManyEventsAreRefused) {
  std::string text = "BEGIN:VCALENDAR\n";
  for (int i = 0; i < 2001; ++i) text += "BEGIN:VEVENT\nDTSTART:20260701T100000Z\nEND:VEVENT\n";
  EXPECT_EQ(ParseIcs(text + "END:VCALENDAR\n").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ParseIcs, RulesEndByTheSeriesOwnClock) {
  const auto rule = [](const std::string& start, const std::string& until) {
    return ReadBack("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART" + start + "\nRRULE:FREQ=DAILY;UNTIL=" + until +
                    "\nEND:VEVENT\nEND:VCALENDAR\n")
        .rrule;
  };
  EXPECT_EQ(rule(";TZID=Europe/Berlin:20260701T120000", "20260705T100000Z"), "FREQ=DAILY;UNTIL=20260705T120000");
  EXPECT_EQ(rule(";TZID=Europe/Berlin:20260701T120000", "20260705"), "FREQ=DAILY;UNTIL=20260705T235959");
  EXPECT_EQ(rule(":20260701T100000Z", "20260705T100000Z"), "FREQ=DAILY;UNTIL=20260705T100000");
  EXPECT_EQ(rule(";VALUE=DATE:20260701", "20260705"), "FREQ=DAILY;UNTIL=20260705");
}

TEST(ParseIcs, ReadsTimesOfForeignZones) {
  const auto file = ParseIcs(
      "BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:1\n"
      "DTSTART;TZID=W. Europe Standard Time:20260701T120000\nDURATION:PT45M\nEND:VEVENT\n"
      "BEGIN:VEVENT\nUID:2\nDTSTART;VALUE=DATE:20260701\nEND:VEVENT\nBEGIN:VEVENT\nUID:3\nEND:VEVENT\nEND:VCALENDAR\n");
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->method, "REQUEST");
  ASSERT_EQ(file->events.size(), 2u);
  EXPECT_EQ(file->skipped, 1);
  EXPECT_EQ(file->events[0].start, kStart);
  EXPECT_EQ(file->events[0].end, kStart + minutes{45});
  EXPECT_EQ(file->events[0].time_zone, "Europe/Berlin");
  EXPECT_TRUE(file->events[1].all_day);
  EXPECT_EQ(file->events[1].end - file->events[1].start, hours{24});
}

// Files of nine other projects: none may crash us, nearly all must be read.
TEST(ParseIcs, FilesOfOtherProgramsAreRead) {
  const char* given = std::getenv("CROSSPOINT_REFERENCE");
  const auto dir = (given != nullptr ? std::filesystem::path(given) : SourceDir() / "../shared/reference") / "ical";
  if (!std::filesystem::exists(dir)) {
    GTEST_SKIP() << "NO REFERENCE DATA: no calendars at " << dir << "; set CROSSPOINT_REFERENCE";
  }
  int files = 0;
  int read = 0;
  int events = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir)) {
    if (entry.path().extension() != ".ics") continue;
    ++files;
    const auto file = ParseIcs(ReadFile(entry.path()));
    if (!file.ok()) continue;
    ++read;
    const auto all = ParseIcs(WriteIcs(*file));
    ASSERT_TRUE(all.ok()) << entry.path();
    ASSERT_EQ(all->events.size(), file->events.size()) << entry.path();
    for (size_t i = 0; i < file->events.size(); ++i) {
      if (file->events[i].recurrence_id || file->events[i].rrule.find("RSCALE") != std::string::npos) continue;
      EXPECT_EQ(all->events[i].rrule, file->events[i].rrule) << entry.path();
    }
    for (const auto& event : file->events) {
      ++events;
      // What we read we can write, and read again to the same.
      if (event.uid.empty()) continue;
      const auto again = ParseIcs(WriteIcs(event));
      ASSERT_TRUE(again.ok()) << entry.path();
      ASSERT_EQ(again->events.size(), 1u) << entry.path();
      if (event.all_day) {  // a date stands in no zone
        EXPECT_EQ(ToLocal(again->events[0].start, ""), ToLocal(event.start, event.time_zone)) << entry.path();
      } else {
        EXPECT_EQ(again->events[0].start, event.start) << entry.path() << " " << event.uid;
      }
      const auto reachable = std::count_if(event.attendees.begin(), event.attendees.end(), [](const auto& attendee) {
        return attendee.person.email.find('@') != std::string::npos;
      });
      EXPECT_EQ(static_cast<long>(again->events[0].attendees.size()), reachable) << entry.path() << " " << event.uid;
    }
  }
  std::cerr << files << " files, " << read << " calendars, " << events << " events\n";
  EXPECT_GT(files, 250);
  EXPECT_GT(read * 10, files * 8);
}

}  // namespace
}  // namespace crosspoint::calendar
