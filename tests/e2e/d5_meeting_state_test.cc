// D5: the state chosen in an invitation takes effect at meeting time, and ends with it.
#include <gmock/gmock.h>
#include <google/protobuf/util/time_util.h>

#include "connectors/ews/properties.h"
#include "tests/e2e/meeting_people.h"
#include "tests/story/presence_watcher.h"

namespace crosspoint::e2e {
namespace {

using namespace std::chrono_literals;
using story::PresenceWatcher;

std::unique_ptr<PresenceWatcher> Watch(const Person& person, int replica) {
  auto watcher = std::make_unique<PresenceWatcher>(TheStack().Channel("presence", replica),
                                                   TheStack().AsUser(person.name), std::vector{person.name});
  EXPECT_TRUE(watcher->WaitFor(person.name, "available", 0, 5s).has_value());
  return watcher;
}

bool HasClaim(const Person& person, const std::string& state) {
  presence::ListClaimsRequest request;
  request.set_parent(person.name);
  presence::ListClaimsResponse response;
  if (!Presence()->ListClaims(TheStack().AsUser(person.name).get(), request, &response).ok()) return false;
  for (const auto& claim : response.claims()) {
    if (claim.state() == state) return true;
  }
  return false;
}

// What `watcher` saw of `state`, at most so late after `due`.
void ExpectAt(PresenceWatcher& watcher, const Person& person, const std::string& state, TimePoint due) {
  const auto seen = watcher.WaitFor(person.name, state, 1, 15s);
  ASSERT_TRUE(seen.has_value()) << state;
  EXPECT_GE(seen->at, due) << "before its time";
  EXPECT_LE(seen->at, due + 1s);
}

TEST(D5, MeetingStateTakesEffectAtItsStart) {
  const auto person = NewPerson();
  const auto first = Watch(person, 0);
  const auto second = Watch(person, 1);
  const auto start = NextSecondAfter(4s);
  const auto end = start + 2s;
  ews::CalendarDraft draft{.subject = "Quiet hour", .start = start, .end = end};
  draft.extended_properties = {{ews::CrosspointAvailabilityStatePath(), "do-not-disturb"}};
  ASSERT_TRUE(
      TheStack().mailboxes().CreateCalendarItem(draft, ews::Invitations::kNone, {.mailbox = person.email}).ok());

  EXPECT_TRUE(testing::Eventually([&] { return HasClaim(person, "do-not-disturb"); }, 3s))
      << "not placed ahead of time";
  EXPECT_EQ(StateOf(person.name), "available");
  for (auto* watcher : {first.get(), second.get()}) {
    ExpectAt(*watcher, person, "do-not-disturb", start);
    ExpectAt(*watcher, person, "available", end);
  }
}

TEST(D5, TheStateChosenInAnInvitationIsTheUsersOwnWordOnceItIsSent) {
  const auto person = NewPersonOfMode(1);
  auto form = Form("Quiet");
  form.set_availability_state("do-not-disturb");
  const auto invite = Prepare(person, form);
  ASSERT_TRUE(invite.ok()) << invite.status();
  testing::Pause(300ms);
  EXPECT_FALSE(HasClaim(person, "do-not-disturb")) << "it was not sent";
  // A mail program that does not carry the state.
  auto without = *invite;
  without.mutable_meeting()->clear_availability_state();
  const auto item = InOutlook(person, without, Outlook::kSends);
  EXPECT_TRUE(testing::Eventually([&] { return HasClaim(person, "do-not-disturb"); }, 3s));
  EXPECT_EQ(ItemAt(person, item)->Get(ews::CrosspointAvailabilityStatePath()), "do-not-disturb");
}

TEST(D5, BusyWithoutAChosenStateIsInAMeeting) {
  const auto person = NewPerson();
  const auto watcher = Watch(person, 0);
  const auto start = NextSecondAfter(4s);
  const ews::CalendarDraft draft{.subject = "Weekly", .start = start, .end = start + 2s};
  ASSERT_TRUE(
      TheStack().mailboxes().CreateCalendarItem(draft, ews::Invitations::kNone, {.mailbox = person.email}).ok());
  ExpectAt(*watcher, person, "in-a-meeting", start);
  ExpectAt(*watcher, person, "available", start + 2s);
}

TEST(D5, ADeletedMeetingChangesNothingAtItsStart) {
  const auto person = NewPerson();
  const auto start = NextSecondAfter(5s);
  const ews::CalendarDraft draft{.subject = "Called off", .start = start, .end = start + 60s};
  const auto id = TheStack().mailboxes().CreateCalendarItem(draft, ews::Invitations::kNone, {.mailbox = person.email});
  ASSERT_TRUE(id.ok()) << id.status();
  ASSERT_TRUE(testing::Eventually([&] { return HasClaim(person, "in-a-meeting"); }, 4s));
  ASSERT_TRUE(TheStack()
                  .mailboxes()
                  .DeleteCalendarItem(*id, ews::DeleteType::kMoveToDeletedItems, ews::Invitations::kNone,
                                      {.mailbox = person.email})
                  .ok());
  ASSERT_TRUE(testing::Eventually([&] { return !HasClaim(person, "in-a-meeting"); }, 4s));
  EXPECT_EQ(StateOf(person.name), "available");
}

TEST(D5, AChangeByHandDuringTheMeetingWinsAndTheMeetingHoldsAgainAfterIt) {
  const auto person = NewPerson();
  const auto start = NextSecondAfter(1s);
  ews::CalendarDraft draft{.subject = "Long", .start = start, .end = start + 600s};
  draft.extended_properties = {{ews::CrosspointAvailabilityStatePath(), "do-not-disturb"}};
  ASSERT_TRUE(
      TheStack().mailboxes().CreateCalendarItem(draft, ews::Invitations::kNone, {.mailbox = person.email}).ok());
  ASSERT_TRUE(testing::Eventually([&] { return StateOf(person.name) == "do-not-disturb"; }));

  presence::SetAvailabilityRequest set;
  set.set_user(person.name);
  set.set_state("vacation");
  *set.mutable_end_time() =
      google::protobuf::util::TimeUtil::GetCurrentTime() + google::protobuf::util::TimeUtil::SecondsToDuration(2);
  presence::Presence answer;
  ASSERT_TRUE(Outcome(Presence()->SetAvailability(TheStack().AsUser(person.name).get(), set, &answer)).ok());
  EXPECT_EQ(answer.availability().state(), "vacation");
  EXPECT_TRUE(testing::Eventually([&] { return StateOf(person.name, 1) == "vacation"; }, 2s));
  EXPECT_TRUE(testing::Eventually([&] { return StateOf(person.name, 1) == "do-not-disturb"; }, 4s));
}

}  // namespace
}  // namespace crosspoint::e2e
