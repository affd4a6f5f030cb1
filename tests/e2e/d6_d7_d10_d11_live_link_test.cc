// D6: nothing unless sent. D7: mailbox and bridge tied together. D10: a live link that keeps both equal. D11: changes
// and deletions from either side.
#include <gmock/gmock.h>
#include <google/protobuf/util/time_util.h>

#include "connectors/ews/properties.h"
#include "tests/e2e/meeting_people.h"

namespace crosspoint::e2e {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;

// What "at once" means.
constexpr auto kAtOnce = 2s;

bool StaysAway(const Person& person, const std::string& name) {
  for (int i = 0; i < 20; ++i) {
    if (!absl::IsNotFound(Get(person, name).status())) return false;
    testing::Pause(50ms);
  }
  return true;
}

TEST(D6, AnInvitationThatIsNotSentIsNothing) {
  const auto person = NewPersonOfMode(1);
  const auto invite = Prepare(person, Form("Never sent"));
  ASSERT_TRUE(invite.ok()) << invite.status();
  EXPECT_TRUE(StaysAway(person, invite->name()));
  EXPECT_TRUE(ListAll(person)->empty());
}

TEST(D6, ADraftInTheMailboxIsNothingUntilItIsSent) {
  const auto person = NewPersonOfMode(1);
  auto form = Form("A draft");
  form.add_attendees()->set_email("guest@partner.example");
  const auto invite = Prepare(person, form);
  ASSERT_TRUE(invite.ok()) << invite.status();
  const auto item = InOutlook(person, *invite, Outlook::kSaves);
  EXPECT_TRUE(StaysAway(person, invite->name()));
  const auto sent = TheStack().mailboxes().UpdateCalendarItem(
      ItemAt(person, item)->id, {.location = "Hall"}, ews::Invitations::kAndSaveCopy, {.mailbox = person.email});
  ASSERT_TRUE(sent.ok()) << sent.status();
  EXPECT_TRUE(testing::Eventually([&] { return Get(person, invite->name()).ok(); }, kAtOnce));
}

TEST(D6, AChangeThatIsNotSentChangesNothing) {
  const auto person = NewPersonOfMode(1);
  const auto sent = Sent(person, Form("As it was"));
  auto form = Form("As it might be");
  form.set_name(sent.invite.name());
  const auto change = Prepare(person, form);
  ASSERT_TRUE(change.ok()) << change.status();
  EXPECT_EQ(change->meeting().subject(), "As it might be");
  testing::Pause(300ms);
  EXPECT_EQ(Get(person, sent.invite.name())->subject(), "As it was");
  EXPECT_EQ(ItemAt(person, sent.item)->subject, "As it was");
  // It is sent from the mailbox, and is the meeting from then on.
  ChangeItem(person, sent.item, {.subject = change->meeting().subject()});
  EXPECT_TRUE(
      testing::Eventually([&] { return Get(person, sent.invite.name())->subject() == "As it might be"; }, kAtOnce));
}

TEST(D7, BothSidesCarryTheCorrelationId) {
  const auto person = NewPersonOfMode(1);
  auto form = Form("Tied");
  form.set_availability_state("do-not-disturb");
  const auto sent = Sent(person, form);
  const auto meeting = Get(person, sent.invite.name());
  ASSERT_TRUE(meeting.ok()) << meeting.status();
  EXPECT_EQ(ItemAt(person, sent.item)->Get(ews::CrosspointIdPath()), meeting->correlation_id());
  EXPECT_EQ(ItemAt(person, sent.item)->uid, meeting->ical_uid());
  const auto list = ListAll(person);
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_EQ(list->size(), 1u);
  EXPECT_EQ(list->front().name(), sent.invite.name());
  EXPECT_EQ(list->front().correlation_id(), meeting->correlation_id());
  EXPECT_EQ(list->front().conference().url(), sent.invite.meeting().conference().url());
}

TEST(D10, AnEditOnEitherSideReachesTheOtherAtOnce) {
  const auto person = NewPersonOfMode(1);
  const auto sent = Sent(person, Form("Rocket"));
  const auto& name = sent.invite.name();
  for (int round = 0; round < 3; ++round) {
    const auto here = "From here " + std::to_string(round);
    auto edit = *Get(person, name);
    edit.set_subject(here);
    edit.set_show_as(meetings::SHOW_AS_OUT_OF_OFFICE);
    edit.clear_etag();
    ASSERT_TRUE(Update(person, edit, {"subject", "show_as"}).ok());
    EXPECT_TRUE(testing::Eventually([&] { return ItemAt(person, sent.item)->subject == here; }, kAtOnce));
    EXPECT_EQ(ItemAt(person, sent.item)->free_busy, ews::FreeBusy::kOutOfOffice);

    const auto there = "From Outlook " + std::to_string(round);
    ChangeItem(person, sent.item, {.subject = there, .location = "Hall " + std::to_string(round)});
    EXPECT_TRUE(testing::Eventually([&] { return Get(person, name)->subject() == there; }, kAtOnce));
    EXPECT_EQ(Get(person, name)->location(), "Hall " + std::to_string(round));
  }
  EXPECT_THAT(Explain(person, name), Contains(HasSubstr("equal")));
}

TEST(D10, ChangesToDifferentFieldsOfBothSidesMerge) {
  const auto person = NewPersonOfMode(1);
  const auto sent = Sent(person, Form("Rocket"));
  auto edit = *Get(person, sent.invite.name());
  edit.set_subject("From here");
  edit.clear_etag();
  ChangeItem(person, sent.item, {.location = "From Outlook"});
  ASSERT_TRUE(Update(person, edit, {"subject"}).ok());
  EXPECT_TRUE(testing::Eventually(
      [&] {
        const auto item = ItemAt(person, sent.item);
        const auto meeting = Get(person, sent.invite.name());
        return item->subject == "From here" && item->location == "From Outlook" && meeting->subject() == "From here" &&
               meeting->location() == "From Outlook";
      },
      kAtOnce));
}

TEST(D10, TheNewerOfTwoEditsWinsAndTheOtherIsKeptAsAConflict) {
  const auto person = NewPersonOfMode(1);
  const auto sent = Sent(person, Form("Rocket"));
  // Both sides change while they cannot hear of each other.
  TheStack().meeting_sync().Signal(SIGSTOP);
  ChangeItem(person, sent.item, {.subject = "Earlier, in Outlook"});
  testing::Pause(1100ms);  // Exchange keeps whole seconds
  TheStack().meeting_sync().Signal(SIGCONT);
  auto edit = *Get(person, sent.invite.name());
  edit.set_subject("Later, here");
  edit.clear_etag();
  ASSERT_TRUE(Update(person, edit, {"subject"}).ok());
  EXPECT_TRUE(testing::Eventually([&] { return ItemAt(person, sent.item)->subject == "Later, here"; }));
  EXPECT_TRUE(testing::Eventually([&] { return Get(person, sent.invite.name())->subject() == "Later, here"; }));
}

TEST(D10, AConflictIsListedWithBothValuesAndExplained) {
  const auto person = NewPersonOfMode(1);
  const auto sent = Sent(person, Form("Rocket"));
  const auto item = *ItemAt(person, sent.item);
  auto edit = *Get(person, sent.invite.name());
  edit.set_subject("From here");
  edit.clear_etag();
  // Our change is on its way for so long that another is made in Outlook meanwhile.
  TheStack().exchange().Post("/sim/faults", R"({"kind": "delay", "operation": "GetItem", "mailbox": ")" + person.email +
                                                R"(", "count": 2, "delay_ms": 1000})");
  ASSERT_TRUE(Update(person, edit, {"subject"}).ok());
  ASSERT_TRUE(
      TheStack()
          .mailboxes()
          .UpdateCalendarItem(item.id, {.subject = "From Outlook"}, ews::Invitations::kNone, {.mailbox = person.email})
          .ok());
  meetings::ListConflictsRequest request;
  request.set_parent(person.name);
  meetings::ListConflictsResponse response;
  ASSERT_TRUE(testing::Eventually([&] {
    return Meetings()->ListConflicts(TheStack().AsUser(person.name).get(), request, &response).ok() &&
           response.conflicts_size() > 0;
  }));
  ASSERT_EQ(response.conflicts_size(), 1);
  const auto& conflict = response.conflicts(0);
  EXPECT_EQ(conflict.meeting(), sent.invite.name());
  EXPECT_EQ(conflict.field(), "subject");
  EXPECT_EQ(conflict.mailbox_value(), "From Outlook");
  EXPECT_EQ(conflict.bridge_value(), "From here");
  EXPECT_TRUE(testing::Eventually([&] {
    return ItemAt(person, sent.item)->subject == conflict.kept_value() &&
           Get(person, sent.invite.name())->subject() == conflict.kept_value();
  }));
  EXPECT_THAT(Explain(person, sent.invite.name()), Contains(HasSubstr("both sides changed subject")));
}

TEST(D11, UpdatedHereIsUpdatedInTheMailbox) {
  const auto person = NewPersonOfMode(1);
  const auto sent = Sent(person, Form("Rocket"));
  auto edit = *Get(person, sent.invite.name());
  edit.mutable_start_time()->set_seconds(edit.start_time().seconds() + 3600);
  edit.mutable_end_time()->set_seconds(edit.end_time().seconds() + 3600);
  edit.clear_etag();
  const auto updated = Update(person, edit, {"start_time", "end_time"});
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_TRUE(testing::Eventually(
      [&] {
        return std::chrono::duration_cast<std::chrono::seconds>(ItemAt(person, sent.item)->start.time_since_epoch())
                   .count() == edit.start_time().seconds();
      },
      kAtOnce));
}

TEST(D11, UpdatedInTheMailboxIsUpdatedHere) {
  const auto person = NewPersonOfMode(1);
  const auto sent = Sent(person, Form("Rocket"));
  const auto item = *ItemAt(person, sent.item);
  ChangeItem(person, sent.item, {.start = item.start + 2h, .end = item.end + 2h});
  const auto wanted = sent.invite.meeting().start_time().seconds() + 7200;
  EXPECT_TRUE(
      testing::Eventually([&] { return Get(person, sent.invite.name())->start_time().seconds() == wanted; }, kAtOnce));
}

TEST(D11, CalledOffHereIsGoneFromTheMailbox) {
  const auto person = NewPersonOfMode(1);
  const auto sent = Sent(person, Form("Rocket"));
  const auto cancelled = Cancel(person, sent.invite.name());
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->status(), meetings::MEETING_STATUS_CANCELLED);
  EXPECT_TRUE(ListAll(person)->empty()) << "gone from the list at once";
  EXPECT_TRUE(testing::Eventually([&] { return !ItemAt(person, sent.item); }, kAtOnce));
  EXPECT_TRUE(Cancel(person, sent.invite.name()).ok()) << "again is no error";
}

TEST(D11, DeletedInTheMailboxIsCalledOffHere) {
  const auto person = NewPersonOfMode(1);
  const auto sent = Sent(person, Form("Rocket"));
  DeleteItem(person, sent.item);
  EXPECT_TRUE(testing::Eventually(
      [&] { return Get(person, sent.invite.name())->status() == meetings::MEETING_STATUS_CANCELLED; }, kAtOnce));
  EXPECT_TRUE(ListAll(person)->empty());
}

TEST(D11, AMailServerThatIsAwayTakesTheChangeWhenItIsBack) {
  const auto person = NewPersonOfMode(1);
  const auto sent = Sent(person, Form("Rocket"));
  TheStack().exchange().Post("/sim/faults", R"({"kind": "http_503", "operation": "UpdateItem", "mailbox": ")" +
                                                person.email + R"(", "count": 3})");
  auto edit = *Get(person, sent.invite.name());
  edit.set_subject("In spite of it");
  edit.clear_etag();
  ASSERT_TRUE(Update(person, edit, {"subject"}).ok());
  EXPECT_TRUE(testing::Eventually([&] { return ItemAt(person, sent.item)->subject == "In spite of it"; }, 30s));
}

TEST(D11, ManyDeletionsAtOnceWaitForAnAdministrator) {
  const auto person = NewPersonOfMode(1);
  std::vector<SentMeeting> sent;
  for (int i = 0; i < 6; ++i) sent.push_back(Sent(person, Form("Rocket " + std::to_string(i))));
  // All at once, as a slip in Outlook does it: told in one look.
  TheStack().meeting_sync().Signal(SIGSTOP);
  for (const auto& meeting : sent) DeleteItem(person, meeting.item);
  TheStack().meeting_sync().Signal(SIGCONT);
  const auto braked = [&] {
    meetings::ListMailboxSyncsRequest request;
    request.set_parent(testing::Stack::kTenant);
    request.set_page_size(500);
    meetings::ListMailboxSyncsResponse response;
    EXPECT_TRUE(Meetings()->ListMailboxSyncs(TheStack().AsAdmin().get(), request, &response).ok());
    for (const auto& sync : response.syncs()) {
      if (sync.user() == person.name) return sync.braked_removals();
    }
    return -1;
  };
  ASSERT_TRUE(testing::Eventually([&] { return braked() == 6; })) << braked();
  for (const auto& meeting : sent) {
    EXPECT_EQ(Get(person, meeting.invite.name())->status(), meetings::MEETING_STATUS_CONFIRMED);
  }
  meetings::ResolveBrakeRequest resolve;
  resolve.set_name(person.name);
  resolve.set_proceed(true);
  meetings::ResolveBrakeResponse resolved;
  const auto status = Outcome(Meetings()->ResolveBrake(TheStack().AsAdmin().get(), resolve, &resolved));
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(resolved.sync().braked_removals(), 0);
  for (const auto& meeting : sent) {
    EXPECT_EQ(Get(person, meeting.invite.name())->status(), meetings::MEETING_STATUS_CANCELLED);
  }
}

}  // namespace
}  // namespace crosspoint::e2e
