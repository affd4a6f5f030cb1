#include "meeting_sync/app/live_link.h"

#include <gmock/gmock.h>

#include <random>

#include "common/log/log.h"
#include "common/status/status.h"
#include "meeting_sync/app/bridge_fakes.h"
#include "meeting_sync/app/linked_mailbox.h"
#include "meeting_sync/app/meeting_explain.h"
#include "meeting_sync/app/reasons.h"

namespace crosspoint::meeting_sync {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const UserId kAda{TenantId{"acme"}, "ada"};
const Mailbox kMailbox{kAda, "ada@corp.example"};

class LiveLinkTest : public ::testing::Test {
 protected:
  static MeetingId Id(int number) {
    const auto digits = std::to_string(number);
    return MeetingId{"c" + std::string(26 - digits.size(), '0') + digits};
  }
  MeetingFields Form() const {
    return {.subject = "Rocket",
            .start = clock_.Now() + 1h,
            .end = clock_.Now() + 2h,
            .location = "Room 7",
            .attendees = {{.email = "bob@corp.example", .role = AttendeeRole::kPresenter}},
            .chosen_state = "do-not-disturb"};
  }
  // An invitation as PrepareInvite leaves it.
  BridgeMeeting Prepare(int number = 1) {
    BridgeMeeting meeting{.owner = kAda, .id = Id(number), .fields = Form(), .organizer = "ada@corp.example"};
    meeting.conference.participant_code = std::to_string(1000 + number);
    meeting.created = meeting.modified = clock_.Now();
    meeting.expires = clock_.Now() + 24h;
    Note(meeting, clock_.Now(), "prepared");
    return store_.Put({.meeting = meeting}, {}).value();
  }
  // What Outlook saves of it when it is sent.
  void Send(const BridgeMeeting& prepared, const std::string& item, bool sent = true) {
    const auto form = Form();
    mailbox_.Put({.item = {item, ""},
                  .subject = form.subject,
                  .start = form.start,
                  .end = form.end,
                  .location = form.location,
                  .organizer = "ada@corp.example",
                  .attendees = {{.email = "bob@corp.example"}},
                  .ical_uid = "uid-" + item,
                  .correlation_id = prepared.correlation_id(),
                  .invitations_sent = sent});
  }
  BridgeMeeting Linked(int number = 1, const std::string& item = "item1") {
    const auto prepared = Prepare(number);
    Send(prepared, item);
    EXPECT_TRUE(Look({mailbox_.Told(item)}).ok());
    return Record(number);
  }
  absl::Status Look(const std::vector<CalendarChange>& changes, bool reset = false) {
    return link_.Follow(kMailbox, changes, reset);
  }
  BridgeMeeting Record(int number = 1) { return store_.Get(kAda, Id(number), {}).value().value_or(BridgeMeeting{}); }
  // A change from our side, as MeetingEditor makes it; `carry` does what the outbox would.
  void EditHere(const std::function<void(MeetingFields&)>& edit, bool carry = true) {
    auto record = Record();
    edit(record.fields);
    record.modified = clock_.Now();
    ASSERT_TRUE(store_.Put({.meeting = record, .expected_revision = record.revision, .push = true}, {}).ok());
    if (!carry) return;
    ASSERT_TRUE(link_.Reconcile(kMailbox, Id(1), {}).ok());
  }
  void ExpectEqual(const std::string& item = "item1") {
    const auto there = mailbox_.At(item);
    ASSERT_TRUE(there);
    for (const auto field : kAllFields) {
      EXPECT_EQ(TextOf(FieldsOf(*there), field), TextOf(Record().fields, field)) << NameOf(field);
    }
    EXPECT_EQ(Record().link->base, BaseVersion::Of(Record().fields));
  }
  size_t Conflicts() { return store_.ListConflicts(kAda, "", 100, {})->size(); }

  FakeClock clock_;
  FakeMeetingStore store_{clock_};
  LinkedMailbox mailbox_{clock_};
  LinkObserver observer_;
  log::Logger log_{"test", log::Level::kError};
  LiveLink link_{{store_, mailbox_, mailbox_, mailbox_, observer_, clock_, log_}};
};

TEST_F(LiveLinkTest, ASentInvitationBecomesAMeetingThatBothSidesKnow) {
  const auto record = Linked();
  EXPECT_EQ(record.state, BridgeState::kLive);
  ASSERT_TRUE(record.link);
  EXPECT_EQ(record.link->item.id, "item1");
  EXPECT_EQ(record.ical_uid, "uid-item1");
  EXPECT_EQ(record.fields.attendees[0].role, AttendeeRole::kPresenter);
  EXPECT_EQ(mailbox_.At("item1")->chosen_state, "do-not-disturb") << "the state is written where it was missing";
  ExpectEqual();
}

TEST_F(LiveLinkTest, WhatIsNotSentIsNoMeeting) {
  const auto prepared = Prepare();
  Send(prepared, "draft", false);
  ASSERT_TRUE(Look({mailbox_.Told("draft")}).ok());
  EXPECT_EQ(Record().state, BridgeState::kPrepared);
  mailbox_.Delete("draft");
  ASSERT_TRUE(Look({mailbox_.Told("draft")}).ok());
  EXPECT_EQ(Record().state, BridgeState::kPrepared);
}

TEST_F(LiveLinkTest, ADraftThatIsSentLaterIsSeenThen) {
  const auto prepared = Prepare();
  Send(prepared, "item1", false);
  ASSERT_TRUE(Look({mailbox_.Told("item1")}).ok());
  mailbox_.Change("item1", [](Meeting& item) { item.invitations_sent = true; });
  ASSERT_TRUE(Look({mailbox_.Told("item1")}).ok());
  EXPECT_EQ(Record().state, BridgeState::kLive);
}

TEST_F(LiveLinkTest, WhatWasChangedBeforeSendingIsWhatTheMeetingSays) {
  const auto prepared = Prepare();
  Send(prepared, "item1");
  mailbox_.Change("item1", [](Meeting& item) {
    item.subject = "Rocket, by hand";
    item.start += 24h;
    item.end += 24h;
  });
  ASSERT_TRUE(Look({mailbox_.Told("item1")}).ok());
  EXPECT_EQ(Record().fields.subject, "Rocket, by hand");
  EXPECT_EQ(Record().fields.start, Form().start + 24h);
  ExpectEqual();
  EXPECT_EQ(Conflicts(), 0u);
}

TEST_F(LiveLinkTest, AnAttachedConferenceIsFoundByTheItemsUid) {
  BridgeMeeting meeting{.owner = kAda, .id = Id(1)};
  meeting.ical_uid = "uid-open";
  meeting.expires = clock_.Now() + 24h;
  ASSERT_TRUE(store_.Put({.meeting = meeting}, {}).ok());
  mailbox_.Put({.item = {"item1", ""},
                .subject = "From Outlook",
                .start = clock_.Now() + 1h,
                .end = clock_.Now() + 2h,
                .organizer = "ada@corp.example",
                .ical_uid = "uid-open"});
  ASSERT_TRUE(Look({mailbox_.Told("item1")}).ok());
  EXPECT_EQ(Record().state, BridgeState::kLive);
  EXPECT_EQ(Record().fields.subject, "From Outlook");
  EXPECT_EQ(mailbox_.At("item1")->correlation_id, Record().correlation_id()) << "tied together from now on";
}

TEST_F(LiveLinkTest, NamesOfOthersAndUnknownOnesMeanNothing) {
  mailbox_.Put({.item = {"item1", ""}, .correlation_id = "tenants/acme/users/bob/meetings/" + Id(1).value});
  mailbox_.Put({.item = {"item2", ""}, .correlation_id = NameOfMeeting(kAda, Id(9))});
  mailbox_.Put({.item = {"item3", ""}, .correlation_id = "v42"});
  ASSERT_TRUE(Look(mailbox_.ToldAll()).ok());
  EXPECT_EQ(mailbox_.writes, 0);
}

TEST_F(LiveLinkTest, AChangeOnEitherSideReachesTheOther) {
  Linked();
  mailbox_.Change("item1", [](Meeting& item) { item.location = "Hall"; });
  ASSERT_TRUE(Look({mailbox_.Told("item1")}).ok());
  EXPECT_EQ(Record().fields.location, "Hall");
  ExpectEqual();
  EditHere([](MeetingFields& fields) { fields.subject = "Rocket 2"; });
  EXPECT_EQ(mailbox_.At("item1")->subject, "Rocket 2");
  ExpectEqual();
}

TEST_F(LiveLinkTest, OurOwnWritingComesBackAsNothingNew) {
  Linked();
  EditHere([](MeetingFields& fields) { fields.subject = "Rocket 2"; });
  const auto revision = Record().revision;
  const auto writes = mailbox_.writes;
  ASSERT_TRUE(Look({mailbox_.Told("item1")}).ok());
  ASSERT_TRUE(link_.Reconcile(kMailbox, Id(1), {}).ok());
  EXPECT_EQ(Record().revision, revision);
  EXPECT_EQ(mailbox_.writes, writes);
}

TEST_F(LiveLinkTest, DifferentFieldsOfBothSidesMergeAndTheSameFieldGoesToTheNewer) {
  Linked();
  clock_.Advance(1min);
  mailbox_.Change("item1", [](Meeting& item) {
    item.subject = "Theirs";
    item.location = "Hall";
  });
  clock_.Advance(1min);
  EditHere([](MeetingFields& fields) {
    fields.subject = "Ours, later";
    fields.show_as = ShowAs::kOutOfOffice;
  });
  EXPECT_EQ(Record().fields.subject, "Ours, later");
  EXPECT_EQ(Record().fields.location, "Hall");
  EXPECT_EQ(mailbox_.At("item1")->show_as, ShowAs::kOutOfOffice);
  ExpectEqual();
  ASSERT_EQ(Conflicts(), 1u);
  const auto conflict = store_.ListConflicts(kAda, "", 1, {})->front();
  EXPECT_EQ(conflict.field, (FieldConflict{Field::kSubject, "Theirs", "Ours, later", false}));
  EXPECT_THAT(Explain(Record(), mailbox_.At("item1")), ::testing::Contains(HasSubstr("both sides changed subject")));
}

TEST_F(LiveLinkTest, AMailboxThatChangesUnderOurHandsIsReadAgain) {
  Linked();
  mailbox_.before_write = [&] { mailbox_.Change("item1", [](Meeting& item) { item.location = "Hall"; }); };
  EditHere([](MeetingFields& fields) { fields.subject = "Rocket 2"; });
  EXPECT_EQ(Record().fields.location, "Hall");
  EXPECT_EQ(mailbox_.At("item1")->subject, "Rocket 2");
  ExpectEqual();
}

TEST_F(LiveLinkTest, ARecordThatChangesWhileTheMailboxIsWrittenIsNoConflict) {
  Linked();
  mailbox_.after_write = [&] {
    clock_.Advance(1s);
    EditHere([](MeetingFields& fields) { fields.subject = "Rocket 3"; }, false);
  };
  EditHere([](MeetingFields& fields) { fields.subject = "Rocket 2"; });
  EXPECT_EQ(Record().fields.subject, "Rocket 3");
  ASSERT_TRUE(link_.Reconcile(kMailbox, Id(1), {}).ok());
  ExpectEqual();
  EXPECT_EQ(mailbox_.At("item1")->subject, "Rocket 3");
  EXPECT_EQ(Conflicts(), 0u);
}

TEST_F(LiveLinkTest, DyingBetweenTheTwoWritesEndsEqual) {
  Linked();
  mailbox_.after_write = [&] { store_.failure = absl::UnavailableError("store away"); };
  EditHere([](MeetingFields& fields) { fields.subject = "Rocket 2"; }, false);
  EXPECT_FALSE(link_.Reconcile(kMailbox, Id(1), {}).ok());
  EXPECT_EQ(mailbox_.At("item1")->subject, "Rocket 2");
  store_.failure = absl::OkStatus();
  ASSERT_TRUE(link_.Reconcile(kMailbox, Id(1), {}).ok());
  ExpectEqual();
  EXPECT_EQ(Conflicts(), 0u);
}

TEST_F(LiveLinkTest, DeletedInTheMailboxIsCalledOffHere) {
  Linked();
  mailbox_.Delete("item1");
  ASSERT_TRUE(Look({mailbox_.Told("item1")}).ok());
  EXPECT_EQ(Record().state, BridgeState::kCancelled);
  EXPECT_FALSE(Record().link);
}

TEST_F(LiveLinkTest, CalledOffHereIsTakenOutOfTheMailboxOnce) {
  auto record = Linked();
  record.state = BridgeState::kCancelled;
  ASSERT_TRUE(store_.Put({.meeting = record, .expected_revision = record.revision, .push = true}, {}).ok());
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(link_.Reconcile(kMailbox, Id(1), {}).ok());
  EXPECT_FALSE(mailbox_.At("item1"));
  EXPECT_EQ(mailbox_.removals, 1);
  ASSERT_TRUE(Look({mailbox_.Told("item1")}).ok());
  EXPECT_EQ(Record().state, BridgeState::kCancelled);
}

TEST_F(LiveLinkTest, AnItemThatWasMovedKeepsItsMeetingAndACopyGetsNone) {
  Linked();
  auto copy = *mailbox_.At("item1");
  copy.item.id = "copy";
  mailbox_.Put(copy);
  ASSERT_TRUE(Look({mailbox_.Told("copy")}).ok());
  EXPECT_EQ(Record().link->item.id, "item1");
  mailbox_.Delete("item1");
  ASSERT_TRUE(Look({mailbox_.Told("item1"), mailbox_.Told("copy")}).ok());
  EXPECT_EQ(Record().state, BridgeState::kLive);
  EXPECT_EQ(Record().link->item.id, "copy");
}

TEST_F(LiveLinkTest, ALostSyncStateDeletesNothingThatIsStillThere) {
  Linked();
  ASSERT_TRUE(Look({}, true).ok());
  EXPECT_EQ(Record().state, BridgeState::kLive);
  mailbox_.Delete("item1");
  ASSERT_TRUE(Look({}, true).ok());
  EXPECT_EQ(Record().state, BridgeState::kCancelled);
}

TEST_F(LiveLinkTest, TheBrakeHoldsManyRemovalsUntilAnAdministratorSpeaks) {
  for (const bool proceed : {true, false}) {
    SCOPED_TRACE(proceed);
    const int from = proceed ? 10 : 50;
    std::vector<CalendarChange> removed;
    for (int i = 0; i < 8; ++i) {
      const auto item = "item" + std::to_string(from + i);
      Linked(from + i, item);
      mailbox_.Delete(item);
      removed.push_back(mailbox_.Told(item));
    }
    ASSERT_TRUE(Look(removed).ok());
    EXPECT_EQ(Record(from).state, BridgeState::kLive);
    EXPECT_EQ(store_.Brake(kAda, {}).value()->removed.size(), 8u);
    // One more waits with them.
    Linked(from + 8, "more" + std::to_string(from));
    mailbox_.Delete("more" + std::to_string(from));
    ASSERT_TRUE(Look({mailbox_.Told("more" + std::to_string(from))}).ok());
    EXPECT_EQ(store_.Brake(kAda, {}).value()->removed.size(), 9u);

    EXPECT_TRUE(link_.Resolve(kAda, proceed, {}).value());
    EXPECT_FALSE(store_.Brake(kAda, {}).value());
    for (int i = 0; i < 9; ++i) {
      EXPECT_EQ(Record(from + i).state, proceed ? BridgeState::kCancelled : BridgeState::kLive);
      EXPECT_FALSE(Record(from + i).link);
    }
    EXPECT_FALSE(link_.Resolve(kAda, proceed, {}).value());
  }
}

TEST_F(LiveLinkTest, ExchangesTroubleIsToldAndOneMeetingsLastingTroubleIsNot) {
  Linked();
  mailbox_.failure = absl::UnavailableError("down");
  EXPECT_TRUE(absl::IsUnavailable(Look({mailbox_.Told("item1")})));
  mailbox_.failure = absl::OkStatus();
  EditHere([](MeetingFields& fields) { fields.subject = "Rocket 2"; }, false);
  mailbox_.write_failure = absl::FailedPreconditionError("access denied");
  EXPECT_TRUE(Look({mailbox_.Told("item1")}).ok()) << "the rest of the mailbox must go on";
  mailbox_.write_failure = absl::OkStatus();
  ASSERT_TRUE(Look({mailbox_.Told("item1")}).ok());
  ExpectEqual();
}

// Random histories of both sides, with crashes between writes: whatever happened, both end equal once it is quiet.
TEST_F(LiveLinkTest, AfterAnyHistoryBothSidesAreEqual) {
  std::mt19937 random(11);
  Linked();
  for (int round = 0; round < 3000; ++round) {
    clock_.Advance(std::chrono::milliseconds(random() % 3000));
    const auto word = "v" + std::to_string(random() % 5);
    const auto shift = std::chrono::hours(random() % 5);
    switch (random() % 6) {
      case 0:
        mailbox_.Change("item1", [&](Meeting& item) { (random() % 2 ? item.subject : item.location) = word; });
        break;
      case 1:
        mailbox_.Change("item1", [&](Meeting& item) {
          item.start += shift;
          item.end += shift;
        });
        break;
      case 2:
        EditHere([&](MeetingFields& fields) { (random() % 2 ? fields.subject : fields.chosen_state) = word; }, false);
        break;
      case 3:
        if (random() % 2) mailbox_.after_write = [&] { store_.failure = absl::UnavailableError("died"); };
        static_cast<void>(link_.Reconcile(kMailbox, Id(1), {}));
        mailbox_.after_write = nullptr;
        store_.failure = absl::OkStatus();
        break;
      default:
        ASSERT_TRUE(Look({mailbox_.Told("item1")}).ok());
        break;
    }
    if (random() % 10 == 0) {
      ASSERT_TRUE(link_.Reconcile(kMailbox, Id(1), {}).ok());
      ExpectEqual();
      if (HasFailure()) break;
    }
  }
}

}  // namespace
}  // namespace crosspoint::meeting_sync
