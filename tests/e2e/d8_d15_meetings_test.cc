// D8, mode 1: the list comes from the mailbox. D15: ICS at request time, valid.
#include <gmock/gmock.h>
#include <google/protobuf/util/time_util.h>

#include "tests/e2e/running_system.h"

namespace crosspoint::e2e {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

absl::StatusOr<std::vector<meetings::Meeting>> List(const Person& person) {
  std::vector<meetings::Meeting> all;
  meetings::ListMeetingsRequest request;
  request.set_parent(person.name);
  request.set_page_size(3);
  meetings::ListMeetingsResponse response;
  do {
    request.set_page_token(response.next_page_token());
    const auto status = Outcome(Meetings()->ListMeetings(TheStack().AsUser(person.name).get(), request, &response));
    if (!status.ok()) return status;
    all.insert(all.end(), response.meetings().begin(), response.meetings().end());
  } while (!response.next_page_token().empty());
  return all;
}

ews::ItemId Put(const Person& person, const std::string& subject, TimePoint start, std::chrono::minutes length) {
  const ews::CalendarDraft draft{.subject = subject, .location = "Room 7", .start = start, .end = start + length};
  auto id = TheStack().mailboxes().CreateCalendarItem(draft, ews::Invitations::kNone, {.mailbox = person.email});
  EXPECT_TRUE(id.ok()) << id.status();
  return id.value_or(ews::ItemId{});
}

// Lines as they were before folding (RFC 5545 section 3.1).
std::string Unfolded(std::string text) {
  for (size_t at = 0; (at = text.find("\r\n ", at)) != std::string::npos;) text.erase(at, 3);
  return text;
}

// Until meeting-sync has learnt of a new user.
bool Listed(const Person& person, size_t count) {
  return testing::Eventually([&] {
    const auto list = List(person);
    return list.ok() && list->size() == count;
  });
}

TEST(D8, PastAndUpcomingMeetingsOfTheMailboxAreListedInOrderAcrossPages) {
  const auto person = NewPerson();
  const auto now = NextSecondAfter(0s);
  for (const int hours : {50, -48, 2, 26, -3, 74, 5}) {
    Put(person, "At " + std::to_string(hours), now + std::chrono::hours(hours), 30min);
  }
  ASSERT_TRUE(Listed(person, 7));
  const auto list = List(person);
  std::vector<std::string> subjects;
  for (const auto& meeting : *list) subjects.push_back(meeting.subject());
  EXPECT_THAT(subjects, ::testing::ElementsAre("At -48", "At -3", "At 2", "At 5", "At 26", "At 50", "At 74"));
  EXPECT_EQ((*list)[0].location(), "Room 7");
}

TEST(D8, AMeetingDeletedInTheMailboxIsGoneFromTheList) {
  const auto person = NewPerson();
  const auto id = Put(person, "Gone soon", NextSecondAfter(1h), 30min);
  ASSERT_TRUE(Listed(person, 1));
  ASSERT_TRUE(TheStack()
                  .mailboxes()
                  .DeleteCalendarItem(id, ews::DeleteType::kMoveToDeletedItems, ews::Invitations::kNone,
                                      {.mailbox = person.email})
                  .ok());
  EXPECT_TRUE(Listed(person, 0));
}

TEST(D8, AnothersMeetingsAreNotFound) {
  const auto owner = NewPerson();
  const auto other = NewPerson();
  Put(owner, "Secret", NextSecondAfter(1h), 30min);
  ASSERT_TRUE(Listed(owner, 1));
  meetings::ListMeetingsRequest request;
  request.set_parent(owner.name);
  meetings::ListMeetingsResponse response;
  EXPECT_TRUE(
      absl::IsNotFound(Outcome(Meetings()->ListMeetings(TheStack().AsUser(other.name).get(), request, &response))));
}

TEST(D15, TheFileHasTheMeetingsDataAtTheTimeOfTheCall) {
  const auto person = NewPerson();
  const auto id = Put(person, "Rocket; launch, part 1", NextSecondAfter(3h), 45min);
  ASSERT_TRUE(Listed(person, 1));
  const auto meeting = List(person)->at(0);
  const auto download = [&] {
    meetings::DownloadIcsRequest request;
    request.set_name(meeting.name());
    meetings::IcsFile file;
    const auto status = Outcome(Meetings()->DownloadIcs(TheStack().AsUser(person.name).get(), request, &file));
    EXPECT_TRUE(status.ok()) << status;
    return Unfolded(file.content());
  };
  const auto before = download();
  EXPECT_THAT(before, HasSubstr("BEGIN:VCALENDAR\r\n"));
  EXPECT_THAT(before, HasSubstr("UID:" + meeting.ical_uid() + "\r\n"));
  EXPECT_THAT(before, HasSubstr("SUMMARY:Rocket\\; launch\\, part 1\r\n"));
  EXPECT_THAT(before, HasSubstr("END:VCALENDAR\r\n"));

  ASSERT_TRUE(
      TheStack()
          .mailboxes()
          .UpdateCalendarItem(id, {.subject = "Rocket, part 2"}, ews::Invitations::kNone, {.mailbox = person.email})
          .ok());
  EXPECT_THAT(download(), HasSubstr("SUMMARY:Rocket\\, part 2\r\n"));
}

}  // namespace
}  // namespace crosspoint::e2e
