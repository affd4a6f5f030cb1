#include "meeting_sync/domain/meeting_ics.h"

#include <gtest/gtest.h>

#include "common/calendar/ics.h"

namespace crosspoint::meeting_sync {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const TimePoint kNow{seconds{1'782'900'000}};

Meeting Sample() {
  return {
      .key = KeyOf("x"),
      .subject = "Stand-up / daily",
      .start = kNow + hours{1},
      .end = kNow + hours{2},
      .time_zone = "Europe/Berlin",
      .organizer = "ada@x.test",
      .organizer_name = "Ada",
      .attendees = {{.email = "bob@x.test", .role = AttendeeRole::kOptional, .response = AttendeeResponse::kDeclined}},
      .ical_uid = "uid-1",
      .sequence = 4};
}

calendar::IcsEvent Read(const Meeting& meeting) {
  const auto file = calendar::ParseIcs(MeetingToIcs(meeting, kNow));
  EXPECT_TRUE(file.ok() && file->events.size() == 1);
  return file.ok() && !file->events.empty() ? file->events[0] : calendar::IcsEvent{};
}

TEST(MeetingToIcs, SaysWhatTheMeetingIs) {
  const auto event = Read(Sample());
  EXPECT_EQ(event.uid, "uid-1");
  EXPECT_EQ(event.sequence, 4);
  EXPECT_EQ(event.stamp, kNow) << "made now, when the server does not say when it changed";
  EXPECT_EQ(event.start, kNow + hours{1});
  EXPECT_EQ(event.time_zone, "Europe/Berlin");
  EXPECT_EQ(event.organizer->email, "ada@x.test");
  ASSERT_EQ(event.attendees.size(), 1u);
  EXPECT_EQ(event.attendees[0].role, calendar::IcsRole::kOptional);
  EXPECT_EQ(event.attendees[0].response, calendar::IcsPartStat::kDeclined);
  EXPECT_EQ(event.status, calendar::IcsStatus::kConfirmed);
  EXPECT_FALSE(event.transparent);
}

TEST(MeetingToIcs, StatusPrivacyAndFreeTime) {
  auto meeting = Sample();
  meeting.cancelled = true;
  meeting.privacy = Privacy::kConfidential;
  meeting.show_as = ShowAs::kFree;
  auto event = Read(meeting);
  EXPECT_EQ(event.status, calendar::IcsStatus::kCancelled);
  EXPECT_EQ(event.privacy, calendar::IcsClass::kConfidential);
  EXPECT_TRUE(event.transparent);
  meeting = Sample();
  meeting.show_as = ShowAs::kTentative;
  EXPECT_EQ(Read(meeting).status, calendar::IcsStatus::kTentative);
}

TEST(MeetingToIcs, ConferenceIsToldToProgramsAndToPeopleButNotTheHostCode) {
  auto meeting = Sample();
  meeting.conference = Conference{.url = "https://bridge.test/j/473920174",
                                  .dial_in_numbers = {"+15550100", "+442079460000"},
                                  .participant_code = "473920174",
                                  .host_code = "582047193",
                                  .password = "730184"};
  meeting.attendees.push_back({.email = "ADA@x.test"});
  const auto text = MeetingToIcs(meeting, kNow);
  EXPECT_EQ(text.find("582047193"), std::string::npos);
  const auto event = Read(meeting);
  EXPECT_EQ(event.url, "https://bridge.test/j/473920174");
  ASSERT_EQ(event.conferences.size(), 3u);
  EXPECT_EQ(event.conferences[0].uri, event.url);
  EXPECT_EQ(event.conferences[2].uri, "tel:+442079460000,,473920174");
  for (const auto* told : {"https://bridge.test/j/473920174", "+15550100", "473920174", "730184"}) {
    EXPECT_NE(event.description.find(told), std::string::npos) << told;
  }
  EXPECT_EQ(event.attendees[1].role, calendar::IcsRole::kChair);
  EXPECT_EQ(event.busy_status, "BUSY");
}

TEST(MeetingToIcs, CancelledMeetingCallsOff) {
  auto meeting = Sample();
  const auto method = [&] { return calendar::ParseIcs(MeetingToIcs(meeting, kNow))->method; };
  EXPECT_EQ(method(), "");
  meeting.cancelled = true;
  EXPECT_EQ(method(), "CANCEL");
  meeting.organizer.clear();
  EXPECT_EQ(method(), "") << "only an organizer can call off";
}

TEST(MeetingToIcs, HiddenMeetingHasAUidOfItsOwnAndNoSecrets) {
  auto meeting = Sample();
  meeting.privacy = Privacy::kPrivate;
  const auto event = Read(HidePrivate(meeting));
  EXPECT_EQ(event.uid, "m" + meeting.key.value);
  EXPECT_EQ(event.summary, "");
  EXPECT_TRUE(event.attendees.empty());
}

TEST(MeetingToIcs, WholeDaysStayTheirDaysWithoutAZone) {
  const TimePoint july1{seconds{1'782'864'000}};  // 00:00 UTC
  for (const auto offset : {hours{-8}, hours{0}, hours{2}, hours{10}}) {
    auto meeting = Sample();
    meeting.all_day = true;
    meeting.time_zone.clear();
    meeting.start = july1 - offset;
    meeting.end = july1 - offset + hours{24};
    const auto text = MeetingToIcs(meeting, kNow);
    EXPECT_NE(text.find("DTSTART;VALUE=DATE:20260701\r\n"), std::string::npos) << offset.count() << text;
    EXPECT_NE(text.find("DTEND;VALUE=DATE:20260702\r\n"), std::string::npos) << offset.count();
  }
}

TEST(IcsFileName, IsAlwaysAPlainName) {
  auto meeting = Sample();
  EXPECT_EQ(IcsFileName(meeting), "Stand-up-daily.ics");
  meeting.subject = "../../etc/passwd";
  EXPECT_EQ(IcsFileName(meeting), "etc-passwd.ics");
  meeting.subject = "\r\n\"; rm";
  EXPECT_EQ(IcsFileName(meeting), "rm.ics");
  meeting.subject = "";
  EXPECT_EQ(IcsFileName(meeting), "meeting.ics");
  meeting.subject = std::string(500, 'x');
  EXPECT_EQ(IcsFileName(meeting).size(), 64u);
}

}  // namespace
}  // namespace crosspoint::meeting_sync
