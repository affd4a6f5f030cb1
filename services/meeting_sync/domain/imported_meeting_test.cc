#include "meeting_sync/domain/imported_meeting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "common/status/status.h"

namespace crosspoint::meeting_sync {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const TimePoint kStart{seconds{1'782'900'000}};  // 2026-07-01 10:00 UTC, a Wednesday

std::string File(const std::string& events, const std::string& method = "PUBLISH") {
  return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:" + method + "\r\n" + events + "END:VCALENDAR\r\n";
}
std::string Event(const std::string& lines) { return "BEGIN:VEVENT\r\n" + lines + "END:VEVENT\r\n"; }

const std::string kWeekly =
    "UID:w1\r\nSEQUENCE:1\r\nDTSTAMP:20260601T000000Z\r\nDTSTART;TZID=Europe/"
    "Berlin:20260701T120000\r\nDTEND;TZID=Europe/"
    "Berlin:20260701T130000\r\nRRULE:FREQ=WEEKLY;COUNT=5\r\nEXDATE;TZID=Europe/Berlin:20260708T120000\r\nSUMMARY:"
    "Weekly\r\n";
const std::string kMoved =
    "UID:w1\r\nSEQUENCE:2\r\nRECURRENCE-ID;TZID=Europe/Berlin:20260715T120000\r\nDTSTART;TZID=Europe/"
    "Berlin:20260716T090000\r\nDTEND;TZID=Europe/Berlin:20260716T100000\r\nSUMMARY:Moved\r\n";

ImportedMeeting One(const std::string& ics) {
  const auto file = ReadImport(ics);
  EXPECT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file.ok() ? file->meetings.size() : 0, 1u);
  return file.ok() && !file->meetings.empty() ? file->meetings[0] : ImportedMeeting{"", {{}}};
}

TEST(ReadImport, SeriesAndItsChangedOccurrenceAreOneMeeting) {
  const auto imported = One(File(Event(kMoved) + Event(kWeekly)));
  const auto meetings = MeetingsOf(imported, kStart - hours{24}, kStart + hours{24 * 100});
  std::vector<std::pair<std::string, int>> days;
  for (const auto& meeting : meetings) {
    days.emplace_back(meeting.subject, static_cast<int>((meeting.start - kStart) / hours{1}));
    EXPECT_TRUE(meeting.recurring);
    EXPECT_EQ(meeting.ical_uid, "w1");
  }
  EXPECT_THAT(days, ElementsAre(std::pair("Moved", 24 * 15 - 3), std::pair("Weekly", 0), std::pair("Weekly", 24 * 21),
                                std::pair("Weekly", 24 * 28)));
}

TEST(ReadImport, OccurrencesHaveNamesThatStay) {
  const auto imported = One(File(Event(kWeekly)));
  const auto all = MeetingsOf(imported, kStart - hours{24}, kStart + hours{24 * 100});
  const auto late = MeetingsOf(imported, kStart + hours{24 * 20}, kStart + hours{24 * 22});
  ASSERT_EQ(all.size(), 4u);
  ASSERT_EQ(late.size(), 1u);
  EXPECT_EQ(late[0], all[2]);
  EXPECT_NE(all[0].key, all[1].key);
}

TEST(ReadImport, FactsOfASingleMeeting) {
  const auto imported = One(File(
      Event("UID:1\r\nDTSTART:20260701T100000Z\r\nDURATION:PT1H\r\nSUMMARY:" + std::string(400, 'x') +
            "\r\nDESCRIPTION:secret text\r\nCLASS:PRIVATE\r\nORGANIZER;CN=Ada:mailto:ada@x.test\r\nATTENDEE;ROLE=OPT-"
            "PARTICIPANT;PARTSTAT=DECLINED:mailto:bob@x.test\r\nX-MICROSOFT-CDO-BUSYSTATUS:OOF\r\n")));
  EXPECT_EQ(imported.events[0].description, "") << "bodies are not kept";
  const auto meetings = MeetingsOf(imported, kStart, kStart + hours{2});
  ASSERT_EQ(meetings.size(), 1u);
  const auto& meeting = meetings[0];
  EXPECT_EQ(meeting.subject.size(), 255u);
  EXPECT_EQ(meeting.end - meeting.start, hours{1});
  EXPECT_EQ(meeting.organizer, "ada@x.test");
  ASSERT_EQ(meeting.attendees.size(), 1u);
  EXPECT_EQ(meeting.attendees[0].role, AttendeeRole::kOptional);
  EXPECT_EQ(meeting.attendees[0].response, AttendeeResponse::kDeclined);
  EXPECT_EQ(meeting.show_as, ShowAs::kOutOfOffice);
  EXPECT_EQ(meeting.privacy, Privacy::kPrivate);
  EXPECT_FALSE(meeting.recurring);
  EXPECT_TRUE(MeetingsOf(imported, kStart + hours{1}, kStart + hours{2}).empty());
}

TEST(ReadImport, CancelledOnesAreNotListed) {
  EXPECT_TRUE(MeetingsOf(One(File(Event(kWeekly), "CANCEL")), kStart - hours{24}, kStart + hours{9999}).empty());
  EXPECT_TRUE(MeetingsOf(One(File(Event("UID:1\r\nDTSTART:20260701T100000Z\r\nSTATUS:CANCELLED\r\n"))),
                         kStart - hours{24}, kStart + hours{9999})
                  .empty());
}

TEST(ReadImport, FilesWithoutUidsAreTheSameTheNextTime) {
  const auto text = File(Event("DTSTART:20260701T100000Z\r\nSUMMARY:a\r\n"));
  EXPECT_EQ(One(text).uid, One(text).uid);
  EXPECT_FALSE(One(text).uid.empty());
}

TEST(ReadImport, WhatCannotBeKeptIsSkippedWithItsReason) {
  std::string people;
  for (int i = 0; i < 501; ++i) people += "ATTENDEE:mailto:p" + std::to_string(i) + "@x.test\r\n";
  const auto file =
      ReadImport(File(Event("UID:ok\r\nDTSTART:20260701T100000Z\r\n") +
                      Event("UID:often\r\nDTSTART:20260701T100000Z\r\nRRULE:FREQ=SECONDLY;COUNT=2000000000\r\n") +
                      Event("UID:hours\r\nDTSTART:20260701T100000Z\r\nRRULE:FREQ=DAILY;BYHOUR=1,2,3\r\n") +
                      Event("UID:never\r\nDTSTART:20260701T100000Z\r\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\r\n") +
                      Event("UID:long\r\nDTSTART:20260701T100000Z\r\nDURATION:P9999D\r\n") +
                      Event("UID:crowd\r\nDTSTART:20260701T100000Z\r\n" + people) + Event("UID:nothing\r\n")));
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_EQ(file->meetings.size(), 1u);
  EXPECT_EQ(file->meetings[0].uid, "ok");
  EXPECT_EQ(file->skipped.size(), 6u);
  for (const auto& skipped : file->skipped) EXPECT_NE(skipped.reason, "");
}

TEST(ReadImport, WrongFilesAreRefusedByName) {
  std::string many;
  for (int i = 0; i < 501; ++i) many += Event("UID:" + std::to_string(i) + "\r\nDTSTART:20260701T100000Z\r\n");
  for (const auto& text : {std::string(), std::string("hello"), std::string(2 << 20, 'x'), File(many),
                           File(Event(kWeekly), "REPLY"), File(Event(kWeekly), "COUNTER")}) {
    const auto status = ReadImport(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(MessageOf(status), HasSubstr("content"));
  }
}

TEST(Merged, NewerVersionOfAWholeMeetingReplacesTheOlder) {
  const auto old = One(File(Event(kWeekly) + Event(kMoved)));
  auto later = One(File(Event(kWeekly)));
  EXPECT_EQ(Merged(old, later), later) << "equal versions: what came last";
  later.events[0].stamp -= hours{1};
  EXPECT_EQ(Merged(old, later), old);
  later.events[0].sequence = 9;
  EXPECT_EQ(Merged(old, later), later);
}

TEST(Merged, OccurrencesAloneChangeTheirSeries) {
  const auto series = One(File(Event(kWeekly)));
  const auto moved = Merged(series, One(File(Event(kMoved))));
  ASSERT_EQ(moved.events.size(), 2u);
  EXPECT_EQ(moved.events[0], series.events[0]);
  const auto cancelled = Merged(moved, One(File(Event(kMoved), "CANCEL")));
  EXPECT_FALSE(cancelled.cancelled());
  const auto meetings = MeetingsOf(cancelled, kStart - hours{1}, kStart + hours{24 * 100});
  EXPECT_EQ(meetings.size(), 3u) << "all but the one left out and the one called off";
  auto older = One(File(Event(kMoved)));
  older.events[0].sequence = 0;
  EXPECT_EQ(Merged(moved, older), moved);
}

TEST(SampleOf, NextOccurrenceElseTheFirst) {
  const auto series = One(File(Event(kWeekly)));
  EXPECT_EQ(SampleOf(series, kStart + hours{24}).start, kStart + hours{24 * 14});
  EXPECT_EQ(SampleOf(series, kStart + hours{24 * 400}).start, kStart);
}

TEST(EncodeImported, GoesBothWays) {
  const auto imported = One(File(Event(kWeekly) + Event(kMoved)));
  const auto back = DecodeImported(EncodeImported(imported));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, imported);
  const auto day = One(File(Event("UID:d\r\nDTSTART;VALUE=DATE:20260701\r\nSUMMARY:Day\r\n")));
  ASSERT_TRUE(DecodeImported(EncodeImported(day)));
  EXPECT_EQ(*DecodeImported(EncodeImported(day)), day);
  EXPECT_FALSE(DecodeImported("x"));
}

// Files of nine other projects: whatever they hold, importing ends, and what was kept is kept whole.
TEST(ReadImport, FilesOfOtherProgramsDoNoHarm) {
  const char* given = std::getenv("CROSSPOINT_REFERENCE");
  const char* source = std::getenv("CROSSPOINT_SOURCE_DIR");
  const auto dir =
      (given != nullptr ? std::filesystem::path(given)
                        : std::filesystem::path(source == nullptr ? "." : source) / "../shared/reference") /
      "ical";
  if (!std::filesystem::exists(dir)) {
    GTEST_SKIP() << "NO REFERENCE DATA: no calendars at " << dir << "; set CROSSPOINT_REFERENCE";
  }
  int kept = 0;
  int skipped = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir)) {
    if (entry.path().extension() != ".ics") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    const auto file = ReadImport(text.str());
    if (!file.ok()) continue;
    skipped += static_cast<int>(file->skipped.size());
    for (const auto& meeting : file->meetings) {
      ++kept;
      const auto back = DecodeImported(EncodeImported(meeting));
      ASSERT_TRUE(back) << entry.path();
      const auto begin = meeting.events[0].start;
      EXPECT_EQ(MeetingsOf(*back, begin - hours{24}, begin + hours{24 * 400}).size(),
                MeetingsOf(meeting, begin - hours{24}, begin + hours{24 * 400}).size())
          << entry.path() << " " << meeting.uid;
    }
  }
  std::cerr << kept << " meetings kept, " << skipped << " events skipped\n";
  EXPECT_GT(kept, 300);
}

}  // namespace
}  // namespace crosspoint::meeting_sync
