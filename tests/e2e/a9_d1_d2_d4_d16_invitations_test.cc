// A9: the conference store. D1: a conference for an open Outlook item. D2, D16: a filled invitation from the app. D4:
// what is stored of a meeting.
#include <gmock/gmock.h>

#include "connectors/ews/properties.h"
#include "tests/e2e/meeting_people.h"

namespace crosspoint::e2e {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

absl::StatusOr<meetings::Invite> Attach(const Person& person, const std::string& item_uid) {
  meetings::AttachConferenceRequest request;
  request.set_parent(person.name);
  request.set_item_uid(item_uid);
  meetings::Invite invite;
  const auto status = Outcome(Meetings()->AttachConference(TheStack().AsUser(person.name).get(), request, &invite));
  if (!status.ok()) return status;
  return invite;
}

meetings::Meeting FullForm() {
  auto form = Form("Rocket launch");
  form.set_availability_state("do-not-disturb");
  form.set_time_zone("Europe/Berlin");
  auto& presenter = *form.add_attendees();
  presenter.set_email("presenter@partner.example");
  presenter.set_display_name("Pat Presenter");
  presenter.set_role(meetings::ATTENDEE_ROLE_PRESENTER);
  auto& attendee = *form.add_attendees();
  attendee.set_email("guest@partner.example");
  attendee.set_role(meetings::ATTENDEE_ROLE_OPTIONAL);
  return form;
}

TEST(A9, AConferenceHasAddressDialInAccessCodeAndPassword) {
  const auto meeting = Create(NewPersonOfMode(4), Form("Rocket"));
  ASSERT_TRUE(meeting.ok()) << meeting.status();
  const auto& conference = meeting->conference();
  EXPECT_THAT(conference.url(), HasSubstr(conference.participant_code()));
  EXPECT_GE(conference.dial_in_numbers_size(), 1);
  EXPECT_GE(conference.participant_code().size(), 6u);
  EXPECT_FALSE(conference.host_code().empty());
  EXPECT_FALSE(conference.password().empty());
}

TEST(D1, AnOpenItemGetsOneConferenceHoweverOftenItIsAsked) {
  const auto person = NewPersonOfMode(1);
  ews::CalendarDraft draft{.subject = "Open in Outlook", .start = NextSecondAfter(2h), .end = NextSecondAfter(3h)};
  const auto id =
      TheStack().mailboxes().CreateCalendarItem(draft, ews::Invitations::kNone, {.mailbox = person.email}).value();
  const auto uid = ItemAt(person, id)->uid;
  const auto invite = Attach(person, uid);
  ASSERT_TRUE(invite.ok()) << invite.status();
  const auto& conference = invite->meeting().conference();
  for (const auto& part :
       {conference.url(), conference.dial_in_numbers(0), conference.participant_code(), conference.password()}) {
    EXPECT_FALSE(part.empty());
    EXPECT_THAT(invite->body(), HasSubstr(part));
  }
  EXPECT_EQ(Attach(person, uid)->meeting().conference().participant_code(), conference.participant_code());
  EXPECT_EQ(Attach(person, id.id)->name(), invite->name()) << "the item's id means the same item";

  // The add-in has put the text into the body, and the item is saved.
  ChangeItem(person, id, {.body = ews::Body{.text = invite->body()}});
  ASSERT_TRUE(testing::Eventually([&] { return Get(person, invite->name()).ok(); }));
  EXPECT_EQ(Get(person, invite->name())->subject(), "Open in Outlook");
  EXPECT_TRUE(AwaitList(person, {"Open in Outlook"}));
  EXPECT_THAT(ItemAt(person, id)->body->text, HasSubstr(conference.url()));
}

TEST(D2, TheInvitationIsFilledAsTheForm) {
  const auto person = NewPersonOfMode(1);
  const auto form = FullForm();
  const auto invite = Prepare(person, form);
  ASSERT_TRUE(invite.ok()) << invite.status();
  EXPECT_TRUE(invite->launch());
  const auto& meeting = invite->meeting();
  EXPECT_EQ(meeting.subject(), form.subject());
  EXPECT_EQ(meeting.location(), form.location());
  EXPECT_EQ(meeting.start_time().seconds(), form.start_time().seconds());
  EXPECT_EQ(meeting.end_time().seconds(), form.end_time().seconds());
  EXPECT_EQ(meeting.availability_state(), form.availability_state());
  ASSERT_EQ(meeting.attendees_size(), 2);
  EXPECT_EQ(meeting.attendees(0).email(), "presenter@partner.example");
  EXPECT_FALSE(meeting.correlation_id().empty());
  EXPECT_THAT(invite->body(), HasSubstr(meeting.conference().url()));
  EXPECT_THAT(invite->body(), HasSubstr(meeting.conference().participant_code()));
  EXPECT_THAT(invite->body(), HasSubstr(meeting.conference().password()));
  EXPECT_THAT(invite->body(), ::testing::Not(HasSubstr(meeting.conference().host_code())));
}

TEST(D2, AWrongFormIsRefusedByField) {
  const auto person = NewPersonOfMode(1);
  auto form = Form("x");
  form.clear_start_time();
  EXPECT_THAT(Prepare(person, form).status().ToString(), HasSubstr("meeting.start_time"));
  form = Form("x");
  std::swap(*form.mutable_start_time(), *form.mutable_end_time());
  EXPECT_THAT(Prepare(person, form).status().ToString(), HasSubstr("meeting.end_time"));
  form = Form(std::string(300, 'x'));
  EXPECT_THAT(Prepare(person, form).status().ToString(), HasSubstr("meeting.subject"));
}

TEST(D4, WhatWasGivenIsWhatIsStored) {
  const auto person = NewPersonOfMode(4);
  const auto form = FullForm();
  const auto made = Create(person, form);
  ASSERT_TRUE(made.ok()) << made.status();
  const auto stored = Get(person, made->name());
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_EQ(stored->organizer(), person.email) << "the host";
  EXPECT_EQ(stored->subject(), form.subject());
  EXPECT_EQ(stored->location(), form.location());
  EXPECT_EQ(stored->time_zone(), form.time_zone());
  EXPECT_EQ(stored->start_time().seconds(), form.start_time().seconds());
  EXPECT_EQ(stored->end_time().seconds(), form.end_time().seconds());
  EXPECT_EQ(stored->availability_state(), form.availability_state());
  ASSERT_EQ(stored->attendees_size(), 2);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(stored->attendees(i).email(), form.attendees(i).email());
    EXPECT_EQ(stored->attendees(i).display_name(), form.attendees(i).display_name());
    EXPECT_EQ(stored->attendees(i).role(), form.attendees(i).role());
  }
  EXPECT_EQ(stored->conference().dial_in_numbers(0), made->conference().dial_in_numbers(0));
  EXPECT_EQ(stored->conference().host_code(), made->conference().host_code());
}

TEST(D4, PresentersAreKeptThroughTheMailbox) {
  const auto person = NewPersonOfMode(1);
  const auto sent = Sent(person, FullForm());
  const auto stored = Get(person, sent.invite.name());
  ASSERT_TRUE(stored.ok()) << stored.status();
  const auto& attendees = stored->attendees();
  const auto presenter = std::find_if(attendees.begin(), attendees.end(), [](const auto& attendee) {
    return attendee.email() == "presenter@partner.example";
  });
  ASSERT_NE(presenter, attendees.end());
  EXPECT_EQ(presenter->role(), meetings::ATTENDEE_ROLE_PRESENTER);
}

// The app's path is the same on a Mac. That the ribbon's is refused there is decided by the kind of program (A10).
TEST(D16, TheAppsPathGivesTheSameInvitationWhateverTheProgram) {
  const auto person = NewPersonOfMode(1);
  const auto form = FullForm();
  const auto invite = Prepare(person, form);
  ASSERT_TRUE(invite.ok()) << invite.status();
  InOutlook(person, *invite, Outlook::kSends);
  ASSERT_TRUE(AwaitList(person, {form.subject()}));
  EXPECT_TRUE(testing::Eventually([&] { return Get(person, invite->name()).ok(); }));
}

}  // namespace
}  // namespace crosspoint::e2e
