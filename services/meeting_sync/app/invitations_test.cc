#include "meeting_sync/app/invitations.h"

#include <gmock/gmock.h>

#include "common/log/log.h"
#include "meeting_sync/app/bridge_fakes.h"
#include "meeting_sync/app/fakes.h"
#include "meeting_sync/app/linked_mailbox.h"
#include "meeting_sync/app/live_link.h"
#include "meeting_sync/app/meeting_editor.h"
#include "meeting_sync/app/reasons.h"

namespace crosspoint::meeting_sync {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const TenantId kTenant{"acme"};

class NoNames final : public NameMemory {
 public:
  absl::Status Remember(const UserId&, const std::vector<Meeting>&) override { return absl::OkStatus(); }
  absl::StatusOr<std::optional<ItemRef>> Find(const UserId&, const ItemKey&) override {
    return std::optional<ItemRef>();
  }
};

// Ids of the form that names have.
class LongIds final : public IdSource {
 public:
  std::string NewId(std::string_view prefix) override {
    const auto digits = std::to_string(++last_);
    return std::string(prefix) + std::string(26 - digits.size(), '0') + digits;
  }

 private:
  int last_ = 0;
};

// One user for each mode: "linked", "exchange", "outlook" and "bridge".
class InvitationsTest : public ::testing::Test {
 protected:
  InvitationsTest() {
    Add(linked_, Binding::kEws, OutlookUse::kYes);
    Add(exchange_, Binding::kEws, OutlookUse::kNo);
    Add(outlook_, Binding::kNone, OutlookUse::kYes);
    Add(bridge_only_, Binding::kNone, OutlookUse::kNo);
    users_.Synced(kTenant);
  }
  void Add(const UserId& user, Binding binding, OutlookUse use) {
    users_.Put({.user = user,
                .address = user.value + "@corp.example",
                .binding = binding,
                .outlook_use = use,
                .display_name = "Name of " + user.value});
  }
  MeetingFields Form() const {
    return {.subject = "Rocket",
            .start = clock_.Now() + 1h,
            .end = clock_.Now() + 2h,
            .attendees = {{.email = "bob@corp.example", .role = AttendeeRole::kPresenter}},
            .chosen_state = "do-not-disturb"};
  }
  std::vector<std::string> Listed(const UserId& user) {
    std::vector<std::string> subjects;
    const auto page = book_.List({.user = user}, Viewer::kOwner, {});
    EXPECT_TRUE(page.ok()) << page.status();
    for (const auto& meeting : page->meetings) subjects.push_back(meeting.subject);
    return subjects;
  }
  static MeetingName NameOf(const BridgeMeeting& meeting) { return {meeting.owner, {}, meeting.id}; }

  const UserId linked_{kTenant, "linked"};
  const UserId exchange_{kTenant, "exchange"};
  const UserId outlook_{kTenant, "outlook"};
  const UserId bridge_only_{kTenant, "bridge"};
  FakeClock clock_;
  UserBook users_{{{kTenant, Binding::kEws}}};
  FakeMeetingStore store_{clock_};
  FakeSyncStore sync_store_;
  NoNames names_;
  LinkedMailbox mailbox_{clock_};
  FakeBridge bridge_;
  LongIds ids_;
  LinkObserver observer_;
  log::Logger log_{"test", log::Level::kError};
  MeetingBook book_{users_, mailbox_, sync_store_, names_, store_, clock_};
  Invitations invitations_{{users_, store_, bridge_, mailbox_, ids_, clock_}};
  MeetingEditor editor_{{users_, book_, store_, mailbox_, clock_}};
  LiveLink link_{{store_, mailbox_, mailbox_, mailbox_, observer_, clock_, log_}};
};

TEST_F(InvitationsTest, APreparedInvitationHasAllAndIsNoMeeting) {
  const auto invite = invitations_.Prepare(linked_, Form(), {}, {}).value();
  EXPECT_TRUE(invite.launch);
  EXPECT_EQ(invite.meeting.fields, Form());
  EXPECT_EQ(invite.meeting.organizer, "linked@corp.example");
  const auto& conference = invite.meeting.conference;
  for (const auto& part :
       {conference.url, conference.dial_in_numbers[0], conference.participant_code, conference.password}) {
    EXPECT_THAT(invite.body, HasSubstr(part));
  }
  EXPECT_THAT(invite.body, ::testing::Not(HasSubstr(conference.host_code)));
  EXPECT_THAT(Listed(linked_), IsEmpty());
  EXPECT_TRUE(absl::IsNotFound(book_.Get(NameOf(invite.meeting), Viewer::kOwner, {}).status()));
  EXPECT_THAT(store_.Claims(linked_), IsEmpty());
}

TEST_F(InvitationsTest, OnlyAMailboxWithOutlookLaunchesAnInvitation) {
  EXPECT_TRUE(invitations_.Prepare(linked_, Form(), {}, {})->launch);
  for (const auto& user : {exchange_, outlook_, bridge_only_}) {
    EXPECT_FALSE(invitations_.Prepare(user, Form(), {}, {})->launch) << user.value;
  }
}

TEST_F(InvitationsTest, ConfirmMakesItAMeetingOnceAndNotWhereTheMailboxSpeaks) {
  const auto watched = invitations_.Prepare(linked_, Form(), {}, {}).value();
  EXPECT_TRUE(HasReason(invitations_.Confirm(linked_, watched.meeting.id, {}).status(), "MAILBOX_IS_WATCHED"));
  const auto invite = invitations_.Prepare(outlook_, Form(), {}, {}).value();
  const auto first = invitations_.Confirm(outlook_, invite.meeting.id, {}).value();
  EXPECT_EQ(first.state, BridgeState::kLive);
  EXPECT_EQ(invitations_.Confirm(outlook_, invite.meeting.id, {}).value(), first);
  EXPECT_THAT(Listed(outlook_), ::testing::ElementsAre("Rocket"));
  ASSERT_THAT(store_.Claims(outlook_), SizeIs(1));
  const auto claim = store_.Claims(outlook_).begin()->second;
  EXPECT_EQ(claim.claim_class, ClaimClass::kOwnWord);
  EXPECT_EQ(claim.state, "do-not-disturb");
  EXPECT_EQ(claim.start, Form().start);
}

TEST_F(InvitationsTest, AnExpiredInvitationCannotBeConfirmed) {
  const auto invite = invitations_.Prepare(outlook_, Form(), {}, {}).value();
  clock_.Advance(kInviteLife + 1s);
  EXPECT_TRUE(absl::IsNotFound(invitations_.Confirm(outlook_, invite.meeting.id, {}).status()));
}

TEST_F(InvitationsTest, TheSameRequestGivesTheSameInvitationAndOtherContentIsRefused) {
  const RequestKey request{"id", "digest"};
  const auto first = invitations_.Prepare(linked_, Form(), request, {}).value();
  EXPECT_EQ(invitations_.Prepare(linked_, Form(), request, {})->meeting, first.meeting);
  EXPECT_EQ(bridge_.made, 1);
  EXPECT_TRUE(HasReason(invitations_.Prepare(linked_, Form(), {"id", "other"}, {}).status(), "REQUEST_ID_REUSED"));
}

TEST_F(InvitationsTest, ATakenCodeIsReplaced) {
  const auto first = invitations_.Prepare(linked_, Form(), {}, {}).value();
  bridge_.repeat_code = first.meeting.conference.participant_code;
  const auto second = invitations_.Prepare(exchange_, Form(), {}, {}).value();
  EXPECT_NE(second.meeting.conference.participant_code, first.meeting.conference.participant_code);
}

TEST_F(InvitationsTest, AttachingTwiceGivesOneConference) {
  const auto first = invitations_.Attach(linked_, "uid-of-outlook", {}).value();
  EXPECT_EQ(invitations_.Attach(linked_, "uid-of-outlook", {})->meeting, first.meeting);
  EXPECT_NE(invitations_.Attach(linked_, "another", {})->meeting.id, first.meeting.id);
  EXPECT_TRUE(HasReason(invitations_.Attach(bridge_only_, "uid", {}).status(), "NO_OUTLOOK"));
  EXPECT_FALSE(invitations_.Attach(linked_, "", {}).ok());
  EXPECT_FALSE(invitations_.Attach(linked_, "a b", {}).ok());
}

TEST_F(InvitationsTest, AttachedByItemIdAndByUidIsTheSame) {
  mailbox_.Put({.item = {"saved", ""},
                .subject = "Saved",
                .start = clock_.Now() + 1h,
                .end = clock_.Now() + 2h,
                .ical_uid = "uid-saved"});
  const auto by_item = invitations_.Attach(linked_, "saved", {}).value();
  EXPECT_EQ(by_item.meeting.fields.subject, "Saved");
  EXPECT_EQ(invitations_.Attach(linked_, "uid-saved", {})->meeting.id, by_item.meeting.id);
}

TEST_F(InvitationsTest, CreateIsForThoseWhoseMailboxDoesNotSpeak) {
  EXPECT_TRUE(HasReason(invitations_.Create(linked_, Form(), {}, {}).status(), "MAILBOX_IS_WATCHED"));
  for (const auto& user : {exchange_, outlook_, bridge_only_}) {
    const auto made = invitations_.Create(user, Form(), {}, {});
    ASSERT_TRUE(made.ok()) << made.status();
    EXPECT_EQ(made->state, BridgeState::kLive);
    EXPECT_THAT(Listed(user), ::testing::ElementsAre("Rocket")) << user.value;
    const auto shown = book_.Get(NameOf(*made), Viewer::kOther, {}).value();
    EXPECT_EQ(shown.conference->host_code, "") << "the host's alone";
  }
}

TEST_F(InvitationsTest, AFileOfOursInTheCalendarIsListedOnce) {
  const auto made = invitations_.Create(exchange_, Form(), {}, {}).value();
  mailbox_.Put({.item = {"imported", ""},
                .subject = "Rocket",
                .start = Form().start + 24h,
                .end = Form().end + 24h,
                .ical_uid = made.ical_uid});
  mailbox_.Put({.item = {"own", ""}, .subject = "Own", .start = Form().start, .end = Form().end, .ical_uid = "x"});
  EXPECT_THAT(Listed(exchange_), ::testing::UnorderedElementsAre("Rocket", "Own"));
  EXPECT_THAT(Listed(outlook_), IsEmpty()) << "without a mailbox nothing foreign is seen";
}

TEST_F(InvitationsTest, ALinkedMeetingIsListedOnceWithItsConferenceAndTheNewestOfBothSides) {
  const auto invite = invitations_.Prepare(linked_, Form(), {}, {}).value();
  mailbox_.Put({.item = {"sent", ""},
                .subject = "Rocket",
                .start = Form().start,
                .end = Form().end,
                .organizer = "linked@corp.example",
                .attendees = {{.email = "bob@corp.example", .response = AttendeeResponse::kAccepted}},
                .ical_uid = "uid",
                .correlation_id = invite.meeting.correlation_id()});
  ASSERT_TRUE(link_.Follow({linked_, "linked@corp.example"}, mailbox_.ToldAll(), false).ok());
  const auto changed = editor_.Update({NameOf(invite.meeting), [](MeetingFields& f) { f.subject = "New here"; }, ""},
                                      Viewer::kOwner, {});
  ASSERT_TRUE(changed.ok()) << changed.status();
  const auto page = book_.List({.user = linked_}, Viewer::kOwner, {}).value();
  ASSERT_THAT(page.meetings, SizeIs(1));
  EXPECT_EQ(page.meetings[0].subject, "New here") << "before the mailbox has taken it";
  EXPECT_EQ(page.meetings[0].bridge_id, invite.meeting.id);
  EXPECT_EQ(page.meetings[0].conference->url, invite.meeting.conference.url);
  EXPECT_EQ(page.meetings[0].attendees[0].response, AttendeeResponse::kAccepted);
  EXPECT_THAT(store_.Pushes(linked_), SizeIs(1));

  ASSERT_TRUE(editor_.Cancel(NameOf(invite.meeting), Viewer::kOwner, {}).ok());
  EXPECT_THAT(Listed(linked_), IsEmpty()) << "though the item is still there";
  EXPECT_TRUE(editor_.Cancel(NameOf(invite.meeting), Viewer::kOwner, {})->cancelled);
  EXPECT_TRUE(absl::IsNotFound(
      editor_.Update({NameOf(invite.meeting), [](MeetingFields& f) { f.subject = "x"; }, ""}, Viewer::kOwner, {})
          .status()));
}

TEST_F(InvitationsTest, AnInviteeSeesTheConferenceWithoutTheHostCodeAndAStrangerNone) {
  auto form = Form();
  form.attendees = {{.email = "exchange@corp.example"}};
  const auto made = invitations_.Create(outlook_, form, {}, {}).value();
  mailbox_.Put({.item = {"copy", ""},
                .subject = "Copy",
                .start = form.start,
                .end = form.end,
                .correlation_id = made.correlation_id()});
  const auto invitee = book_.List({.user = exchange_}, Viewer::kOwner, {}).value();
  ASSERT_THAT(invitee.meetings, SizeIs(1));
  ASSERT_TRUE(invitee.meetings[0].conference);
  EXPECT_EQ(invitee.meetings[0].conference->host_code, "");
  const auto stranger = book_.List({.user = linked_}, Viewer::kOwner, {}).value();
  EXPECT_FALSE(stranger.meetings[0].conference) << "a forged name opens nothing";
}

TEST_F(InvitationsTest, UpdateOfABridgeMeetingMovesItsClaimAndAStaleEtagIsAborted) {
  const auto made = invitations_.Create(bridge_only_, Form(), {}, {}).value();
  const auto etag = EtagOf(ToMeeting(made));
  const auto later = [](MeetingFields& fields) {
    fields.start += 1h;
    fields.end += 1h;
  };
  const auto updated = editor_.Update({NameOf(made), later, etag}, Viewer::kOwner, {});
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_GT(updated->sequence, made.sequence);
  EXPECT_EQ(store_.Claims(bridge_only_).begin()->second.start, Form().start + 1h);
  EXPECT_TRUE(HasReason(editor_.Update({NameOf(made), later, etag}, Viewer::kOwner, {}).status(), kMeetingChanged));
  const auto free = editor_.Update({NameOf(made),
                                    [](MeetingFields& fields) {
                                      fields.chosen_state.clear();
                                      fields.show_as = ShowAs::kFree;
                                    },
                                    ""},
                                   Viewer::kOwner, {});
  ASSERT_TRUE(free.ok());
  EXPECT_THAT(store_.Claims(bridge_only_), IsEmpty());
}

TEST_F(InvitationsTest, AMeetingOfTheMailboxAloneIsChangedThereByItsOrganizerAlone) {
  mailbox_.Put({.item = {"mine", ""},
                .subject = "Mine",
                .start = Form().start,
                .end = Form().end,
                .organizer = "Linked@corp.example"});
  mailbox_.Put({.item = {"theirs", ""},
                .subject = "Theirs",
                .start = Form().start,
                .end = Form().end,
                .organizer = "bob@corp.example"});
  const auto rename = [](MeetingFields& fields) { fields.subject = "Renamed"; };
  const auto updated = editor_.Update({{linked_, KeyOf("mine"), {}}, rename, ""}, Viewer::kOwner, {});
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(mailbox_.At("mine")->subject, "Renamed");
  const auto refused = editor_.Update({{linked_, KeyOf("theirs"), {}}, rename, ""}, Viewer::kOwner, {});
  EXPECT_TRUE(HasReason(refused.status(), "NOT_THE_ORGANIZER"));
  ASSERT_TRUE(editor_.Cancel({linked_, KeyOf("mine"), {}}, Viewer::kOwner, {}).ok());
  EXPECT_FALSE(mailbox_.At("mine"));
}

TEST_F(InvitationsTest, APreparedChangeIsNowhereUntilItIsSent) {
  const auto made = invitations_.Create(bridge_only_, Form(), {}, {}).value();
  auto wanted = Form();
  wanted.subject = "Changed";
  EXPECT_TRUE(HasReason(invitations_.PrepareChange(bridge_only_, made.id, wanted, {}).status(), "NO_LIVE_LINK"));
  auto record = made;
  record.link = LinkedItem{.item = {"i", ""}, .key = KeyOf("i"), .base = {}};
  ASSERT_TRUE(store_.Put({.meeting = record, .expected_revision = record.revision}, {}).ok());
  EXPECT_EQ(invitations_.PrepareChange(bridge_only_, made.id, wanted, {})->meeting.fields.subject, "Changed");
  EXPECT_EQ(store_.Get(bridge_only_, made.id, {}).value()->fields.subject, "Rocket");
}

}  // namespace
}  // namespace crosspoint::meeting_sync
