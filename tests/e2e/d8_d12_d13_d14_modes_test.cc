// D8: the same story in each mode. D12: Exchange without Outlook. D13: Outlook without Exchange. D14: neither.
#include <gmock/gmock.h>
#include <google/protobuf/util/time_util.h>

#include "connectors/ews/properties.h"
#include "tests/e2e/meeting_people.h"

namespace crosspoint::e2e {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// A meeting as its user makes one.
std::string Make(const Person& person, int mode, const std::string& subject) {
  const auto form = Form(subject);
  if (mode == 1) return Sent(person, form).invite.name();
  const auto made = Create(person, form);
  EXPECT_TRUE(made.ok()) << made.status();
  return made.ok() ? made->name() : "";
}

TEST(D8, TheSameStoryInEachMode) {
  for (int mode = 1; mode <= 4; ++mode) {
    SCOPED_TRACE("mode " + std::to_string(mode));
    const auto person = NewPersonOfMode(mode);
    const auto first = Make(person, mode, "First");
    const auto second = Make(person, mode, "Second");
    EXPECT_TRUE(AwaitList(person, {"First", "Second"}));
    const auto list = ListAll(person);
    for (const auto& meeting : *list) {
      EXPECT_FALSE(meeting.conference().url().empty());
      EXPECT_TRUE(meeting.name() == first || meeting.name() == second) << meeting.name();
    }
    auto edit = *Get(person, first);
    edit.set_subject("Changed");
    edit.clear_etag();
    ASSERT_TRUE(Update(person, edit, {"subject"}).ok());
    EXPECT_TRUE(AwaitList(person, {"Changed", "Second"}));
    ASSERT_TRUE(Cancel(person, second).ok());
    EXPECT_TRUE(AwaitList(person, {"Changed"}));
  }
}

TEST(D12, TheCalendarIsEmptyUntilTheFileIsImportedAndThenTheMeetingIsShownOnce) {
  const auto person = NewPersonOfMode(2);
  const auto made = Create(person, Form("On the bridge"));
  ASSERT_TRUE(made.ok()) << made.status();
  const auto view = [&] {
    return TheStack()
        .mailboxes()
        .FindCalendarItems({.start = NextSecondAfter(0s), .end = NextSecondAfter(48h)}, {.mailbox = person.email})
        ->items.size();
  };
  testing::Pause(300ms);
  EXPECT_EQ(view(), 0u);
  EXPECT_TRUE(AwaitList(person, {"On the bridge"}));

  meetings::DownloadIcsRequest request;
  request.set_name(made->name());
  meetings::IcsFile file;
  const auto status = Outcome(Meetings()->DownloadIcs(TheStack().AsUser(person.name).get(), request, &file));
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(file.content(), HasSubstr(made->ical_uid().substr(0, 40)));

  // What uploading the file in a browser makes of it.
  ews::CalendarDraft draft{.subject = "On the bridge", .start = NextSecondAfter(24h), .end = NextSecondAfter(25h)};
  draft.uid = made->ical_uid();
  ASSERT_TRUE(
      TheStack().mailboxes().CreateCalendarItem(draft, ews::Invitations::kNone, {.mailbox = person.email}).ok());
  ews::CalendarDraft own{.subject = "Own", .start = NextSecondAfter(26h), .end = NextSecondAfter(27h)};
  ASSERT_TRUE(TheStack().mailboxes().CreateCalendarItem(own, ews::Invitations::kNone, {.mailbox = person.email}).ok());
  EXPECT_EQ(view(), 2u);
  EXPECT_TRUE(AwaitList(person, {"On the bridge", "Own"}));
  const auto list = ListAll(person);
  EXPECT_EQ(std::count_if(list->begin(), list->end(), [&](const auto& m) { return m.name() == made->name(); }), 1);
}

TEST(D13, NoInvitationIsLaunchedAndForeignEventsAreAbsent) {
  const auto person = NewPersonOfMode(3);
  // What lies in a mailbox that is not the user's by our books.
  ews::CalendarDraft foreign{.subject = "Foreign", .start = NextSecondAfter(1h), .end = NextSecondAfter(2h)};
  ASSERT_TRUE(
      TheStack().mailboxes().CreateCalendarItem(foreign, ews::Invitations::kNone, {.mailbox = person.email}).ok());
  const auto invite = Prepare(person, Form("By hand"));
  ASSERT_TRUE(invite.ok()) << invite.status();
  EXPECT_FALSE(invite->launch());
  EXPECT_TRUE(ListAll(person)->empty());

  meetings::ConfirmInviteRequest confirm;
  confirm.set_name(invite->name());
  meetings::Meeting meeting;
  const auto status = Outcome(Meetings()->ConfirmInvite(TheStack().AsUser(person.name).get(), confirm, &meeting));
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_TRUE(AwaitList(person, {"By hand"}));
}

TEST(D13, WhereTheMailboxIsWatchedNobodyConfirms) {
  const auto person = NewPersonOfMode(1);
  const auto invite = Prepare(person, Form("Watched"));
  meetings::ConfirmInviteRequest confirm;
  confirm.set_name(invite->name());
  meetings::Meeting meeting;
  const auto status = Outcome(Meetings()->ConfirmInvite(TheStack().AsUser(person.name).get(), confirm, &meeting));
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_TRUE(absl::IsFailedPrecondition(Create(person, Form("Alone")).status()));
}

TEST(D14, CreateListAndFileWithoutMailboxAndOutlook) {
  const auto person = NewPersonOfMode(4);
  const auto made = Create(person, Form("Bridge alone"));
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_TRUE(AwaitList(person, {"Bridge alone"}));
  meetings::DownloadIcsRequest request;
  request.set_name(made->name());
  meetings::IcsFile file;
  ASSERT_TRUE(Outcome(Meetings()->DownloadIcs(TheStack().AsUser(person.name).get(), request, &file)).ok());
  EXPECT_THAT(file.content(), HasSubstr("SUMMARY:Bridge alone\r\n"));
  EXPECT_TRUE(absl::IsNotFound(Get(NewPersonOfMode(4), made->name()).status())) << "another user's is not there";
}

TEST(D14, AChosenStateTakesEffectWithoutAnyMailbox) {
  const auto person = NewPersonOfMode(4);
  auto form = Form("Quiet");
  const auto start = NextSecondAfter(3s);
  form.mutable_start_time()->set_seconds(start.time_since_epoch().count() / 1'000'000);
  form.mutable_end_time()->set_seconds(start.time_since_epoch().count() / 1'000'000 + 3);
  form.set_availability_state("do-not-disturb");
  ASSERT_TRUE(Create(person, form).ok());
  EXPECT_EQ(StateOf(person.name), "available");
  EXPECT_TRUE(testing::Eventually([&] { return StateOf(person.name) == "do-not-disturb"; }, 8s));
  EXPECT_TRUE(testing::Eventually([&] { return StateOf(person.name) == "available"; }, 8s));
}

}  // namespace
}  // namespace crosspoint::e2e
