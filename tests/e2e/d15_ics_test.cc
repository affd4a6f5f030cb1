// D15: the file is made from the bridge's data when it is asked for, and is valid for any calendar program. D8: what a
// file brought into the list is shown once.
#include <gmock/gmock.h>
#include <google/protobuf/util/time_util.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/meeting_people.h"
#include "tests/support/ics_readers/ics_readers.h"

namespace crosspoint::e2e {
namespace {

using google::protobuf::util::TimeUtil;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Download(const Person& person, const std::string& name) {
  meetings::DownloadIcsRequest request;
  request.set_name(name);
  meetings::IcsFile file;
  const auto status = Outcome(Meetings()->DownloadIcs(TheStack().AsUser(person.name).get(), request, &file));
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(file.content_type(), "text/calendar; charset=utf-8");
  return file.content();
}

absl::StatusOr<meetings::ImportIcsResponse> Import(const Person& person, const std::string& ics) {
  meetings::ImportIcsRequest request;
  request.set_parent(person.name);
  request.set_content(ics);
  meetings::ImportIcsResponse response;
  const auto status = Outcome(Meetings()->ImportIcs(TheStack().AsUser(person.name).get(), request, &response));
  if (!status.ok()) return status;
  return response;
}

// The one event that programs of others read in the file.
json ReadByOthers(const std::string& ics) {
  const auto text = testing::ReadIcsByOthers(ics);
  return text.empty() ? json::object() : json::parse(text)["events"].at(0);
}

std::string Foreign(const std::string& uid, int sequence, const std::string& summary, int64_t start) {
  const auto time = TimeUtil::ToString(TimeUtil::SecondsToTimestamp(start));  // 2026-07-01T10:00:00Z
  std::string stamp;
  for (const char c : time) {
    if (c != '-' && c != ':') stamp += c;
  }
  return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Somebody//Else//EN\r\nBEGIN:VEVENT\r\nUID:" + uid +
         "\r\nSEQUENCE:" + std::to_string(sequence) + "\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:" + stamp +
         "\r\nDURATION:PT1H\r\nSUMMARY:" + summary + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
}

TEST(D15, EditKeepsTheUidRaisesTheSequenceAndParsersOfOthersAgree) {
  if (!testing::HaveIcsReaders()) GTEST_SKIP() << "python3-icalendar or python3-vobject is not installed";
  const auto person = NewPersonOfMode(4);
  auto form = Form("Rocket; launch, \"part\" 1\r\nATTACH:http://evil.example");
  form.set_location("Größe 会议");
  form.set_time_zone("Europe/Berlin");
  auto* attendee = form.add_attendees();
  attendee->set_email("bob@corp.example");
  attendee->set_display_name("Bob\r\nX-EVIL:1");
  auto made = Create(person, form);
  if (!made.ok()) {  // line ends in a subject may be refused, never passed on
    form.set_subject("Rocket; launch, \"part\" 1");
    attendee->set_display_name("Bob; Builder, Ltd");
    made = Create(person, form);
  }
  ASSERT_TRUE(made.ok()) << made.status();

  const auto text = Download(person, made->name());
  EXPECT_THAT(text, Not(HasSubstr(made->conference().host_code())));
  EXPECT_THAT(text, Not(HasSubstr("\nATTACH")));
  const auto first = ReadByOthers(text);
  EXPECT_EQ(first["uid"], made->ical_uid());
  EXPECT_THAT(first["summary"].get<std::string>(), HasSubstr("Rocket; launch, \"part\" 1"));
  EXPECT_EQ(first["location"], "Größe 会议");
  EXPECT_EQ(first["start"], TimeUtil::ToString(made->start_time()));
  EXPECT_EQ(first["end"], TimeUtil::ToString(made->end_time()));
  EXPECT_EQ(first["url"], made->conference().url());
  EXPECT_EQ(first["organizer"], person.email);
  EXPECT_EQ(first["attendees"][0]["email"], "bob@corp.example");
  const auto description = first["description"].get<std::string>();
  EXPECT_THAT(description, HasSubstr(made->conference().participant_code()));
  EXPECT_THAT(description, HasSubstr(made->conference().dial_in_numbers(0)));
  EXPECT_THAT(description, HasSubstr(made->conference().password()));
  EXPECT_EQ(first["conferences"][0]["uri"], made->conference().url());

  int sequence = first["sequence"];
  for (const int minutes : {30, 60}) {
    auto edit = *Get(person, made->name());
    *edit.mutable_end_time() = made->end_time() + TimeUtil::MinutesToDuration(minutes);
    edit.clear_etag();
    ASSERT_TRUE(Update(person, edit, {"end_time"}).ok());
    const auto again = ReadByOthers(Download(person, made->name()));
    EXPECT_EQ(again["uid"], made->ical_uid());
    EXPECT_GT(again["sequence"].get<int>(), sequence);
    EXPECT_EQ(again["end"], TimeUtil::ToString(edit.end_time()));
    sequence = again["sequence"];
  }
  ASSERT_TRUE(Cancel(person, made->name()).ok());
  const auto cancelled = ReadByOthers(Download(person, made->name()));
  EXPECT_EQ(cancelled["status"], "CANCELLED");
  EXPECT_GT(cancelled["sequence"].get<int>(), sequence);
}

TEST(D8, AFileOfOnesOwnMeetingIsShownOnceAndOneOfOthersIsShown) {
  for (const int mode : {2, 3, 4}) {
    SCOPED_TRACE("mode " + std::to_string(mode));
    const auto person = NewPersonOfMode(mode);
    const auto made = Create(person, Form("Own"));
    ASSERT_TRUE(made.ok()) << made.status();
    const auto own = Import(person, Download(person, made->name()));
    ASSERT_TRUE(own.ok()) << own.status();
    ASSERT_EQ(own->meetings_size(), 1);
    EXPECT_EQ(own->meetings(0).name(), made->name());
    EXPECT_TRUE(AwaitList(person, {"Own"}));

    const auto start = made->start_time().seconds() + 7200;
    const auto foreign = Import(person, Foreign("foreign-1", 0, "Foreign", start));
    ASSERT_TRUE(foreign.ok()) << foreign.status();
    EXPECT_TRUE(AwaitList(person, {"Own", "Foreign"}));
    ASSERT_TRUE(Import(person, Foreign("foreign-1", 0, "Foreign", start)).ok());
    ASSERT_TRUE(Import(person, Foreign("foreign-1", 1, "Moved", start + 3600)).ok());
    EXPECT_TRUE(AwaitList(person, {"Own", "Moved"}));
    const auto name = foreign->meetings(0).name();
    EXPECT_EQ(Get(person, name)->subject(), "Moved");
    EXPECT_EQ(Get(person, name)->start_time().seconds(), start + 3600);
    EXPECT_THAT(Download(person, name), HasSubstr("UID:foreign-1\r\n"));
    ASSERT_TRUE(Cancel(person, name).ok());
    EXPECT_TRUE(AwaitList(person, {"Own"}));
  }
}

TEST(D8, AFileOfOthersThatTheCalendarTookTooIsShownOnce) {
  const auto person = NewPersonOfMode(2);
  const auto start = NextSecondAfter(std::chrono::hours{24});
  const auto seconds = std::chrono::floor<std::chrono::seconds>(start).time_since_epoch().count();
  ASSERT_TRUE(Import(person, Foreign("foreign-3", 0, "Both", seconds)).ok());
  EXPECT_TRUE(AwaitList(person, {"Both"}));
  ews::CalendarDraft draft{.subject = "Both", .start = start, .end = start + std::chrono::hours{1}};
  draft.uid = "foreign-3";
  ASSERT_TRUE(
      TheStack().mailboxes().CreateCalendarItem(draft, ews::Invitations::kNone, {.mailbox = person.email}).ok());
  ews::CalendarDraft own{.subject = "Own", .start = start, .end = start + std::chrono::hours{1}};
  ASSERT_TRUE(TheStack().mailboxes().CreateCalendarItem(own, ews::Invitations::kNone, {.mailbox = person.email}).ok());
  EXPECT_TRUE(AwaitList(person, {"Both", "Own"}));
}

TEST(D8, WhereOutlookHasTheCalendarAForeignFileBelongsThere) {
  const auto person = NewPersonOfMode(1);
  const auto status = Import(person, Foreign("foreign-2", 0, "Foreign", 1'900'000'000)).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_EQ(GetErrorInfo(status)->reason, "CALENDAR_IN_OUTLOOK");
}

TEST(D15, FilesThatAreNoneAreRefusedWithWhatWouldBeRight) {
  const auto person = NewPersonOfMode(4);
  for (const auto& text : {std::string("hello"), std::string(2 << 20, 'x'), std::string()}) {
    const auto status = Import(person, text).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_EQ(GetErrorInfo(status)->metadata.at("field"), "content");
  }
  const auto often = Import(person, Foreign("often", 0, "x\r\nRRULE:FREQ=SECONDLY;COUNT=999999999", 1'900'000'000));
  ASSERT_TRUE(often.ok()) << often.status();
  EXPECT_EQ(often->meetings_size(), 0);
  ASSERT_EQ(often->skipped_size(), 1);
  EXPECT_EQ(often->skipped(0).ical_uid(), "often");
  EXPECT_TRUE(AwaitList(person, {}));
}

}  // namespace
}  // namespace crosspoint::e2e
