#include "meeting_sync/domain/merge.h"

#include <gmock/gmock.h>

#include "meeting_sync/domain/bridge_meeting.h"
#include "meeting_sync/domain/user_mode.h"

namespace crosspoint::meeting_sync {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const TimePoint kNow{24h * 365 * 56};

MeetingFields Common() {
  return {.subject = "Rocket",
          .start = kNow,
          .end = kNow + 1h,
          .location = "Room 7",
          .attendees = {{.email = "bob@x.example"}, {.email = "eve@x.example", .role = AttendeeRole::kPresenter}},
          .chosen_state = "do-not-disturb"};
}

// Another value of the field: one of two.
void Change(MeetingFields& fields, Field field, int which) {
  switch (field) {
    case Field::kSubject:
      fields.subject = which == 1 ? "Rocket 2" : "Moon";
      return;
    case Field::kTime:
      fields.start += which * 1h;
      fields.end += which * 1h;
      return;
    case Field::kLocation:
      fields.location = which == 1 ? "" : "Hall";
      return;
    case Field::kAttendees:
      fields.attendees.pop_back();
      if (which == 2) fields.attendees.push_back({.email = "max@x.example", .role = AttendeeRole::kOptional});
      return;
    case Field::kShowAs:
      fields.show_as = which == 1 ? ShowAs::kFree : ShowAs::kOutOfOffice;
      return;
    case Field::kAvailabilityState:
      fields.chosen_state = which == 1 ? "" : "vacation";
      return;
    case Field::kPrivacy:
      fields.privacy = which == 1 ? Privacy::kPrivate : Privacy::kConfidential;
      return;
  }
}

// Every field, every pair of what the sides did to it (nothing, one change, another), and either side newer.
TEST(Merge, EveryFieldByEveryPairOfChanges) {
  const auto base = BaseVersion::Of(Common());
  for (const auto field : kAllFields) {
    for (int mailbox_did = 0; mailbox_did <= 2; ++mailbox_did) {
      for (int bridge_did = 0; bridge_did <= 2; ++bridge_did) {
        for (const bool mailbox_newer : {true, false}) {
          SCOPED_TRACE(std::string(NameOf(field)) + " " + std::to_string(mailbox_did) + std::to_string(bridge_did));
          auto mailbox = Common();
          auto bridge = Common();
          if (mailbox_did > 0) Change(mailbox, field, mailbox_did);
          if (bridge_did > 0) Change(bridge, field, bridge_did);
          const auto merged = Merge(base, {mailbox, kNow + (mailbox_newer ? 2min : 0min)}, {bridge, kNow + 1min});

          const bool conflict = mailbox_did > 0 && bridge_did > 0 && mailbox_did != bridge_did;
          const bool mailbox_wins = mailbox_did > 0 && (bridge_did == 0 || mailbox_newer);
          EXPECT_EQ(merged.conflicts.size(), conflict ? 1u : 0u);
          if (conflict) {
            EXPECT_EQ(merged.conflicts[0],
                      (FieldConflict{field, TextOf(mailbox, field), TextOf(bridge, field), mailbox_wins}));
          }
          const auto& winner = mailbox_wins ? mailbox : bridge;
          EXPECT_EQ(TextOf(merged.fields, field), TextOf(winner, field));
          const bool equal = mailbox_did == bridge_did;
          EXPECT_EQ(merged.to_bridge.size(), !equal && mailbox_wins ? 1u : 0u);
          EXPECT_EQ(merged.to_mailbox.size(), !equal && !mailbox_wins ? 1u : 0u);
          for (const auto other : kAllFields) {
            if (other == field) continue;
            EXPECT_EQ(TextOf(merged.fields, other), TextOf(Common(), other));
          }
        }
      }
    }
  }
}

TEST(Merge, ChangesToDifferentFieldsBothStand) {
  auto mailbox = Common();
  auto bridge = Common();
  mailbox.subject = "From Outlook";
  bridge.location = "From the app";
  const auto merged = Merge(BaseVersion::Of(Common()), {mailbox, kNow}, {bridge, kNow + 1h});
  EXPECT_EQ(merged.fields.subject, "From Outlook");
  EXPECT_EQ(merged.fields.location, "From the app");
  EXPECT_THAT(merged.to_bridge, ElementsAre(Field::kSubject));
  EXPECT_THAT(merged.to_mailbox, ElementsAre(Field::kLocation));
  EXPECT_THAT(merged.conflicts, IsEmpty());
}

TEST(Merge, EquallyNewGoesToTheMailbox) {
  auto mailbox = Common();
  auto bridge = Common();
  mailbox.subject = "A";
  bridge.subject = "B";
  EXPECT_EQ(Merge(BaseVersion::Of(Common()), {mailbox, kNow}, {bridge, kNow}).fields.subject, "A");
}

TEST(Merge, LongTextsAreComparedAlthoughOnlyTheirDigestIsKept) {
  auto common = Common();
  for (int i = 0; i < 400; ++i) common.attendees.push_back({.email = "person" + std::to_string(i) + "@x.example"});
  common.location = std::string(255, 'x');
  const auto base = BaseVersion::Of(common);
  size_t bytes = 0;
  for (const auto& text : base.texts) bytes += text.size();
  EXPECT_LT(bytes, 2048u);
  auto mailbox = common;
  mailbox.attendees.pop_back();
  const auto merged = Merge(base, {mailbox, kNow}, {common, kNow + 1h});
  EXPECT_THAT(merged.to_bridge, ElementsAre(Field::kAttendees));
  EXPECT_EQ(merged.fields.attendees.size(), common.attendees.size() - 1);
}

TEST(Merge, APresenterStaysOneThoughTheMailboxKnowsNone) {
  auto mailbox = Common();
  mailbox.attendees[1].role = AttendeeRole::kRequired;
  EXPECT_THAT(Merge(BaseVersion::Of(Common()), {mailbox, kNow}, {Common(), kNow}).to_bridge, IsEmpty());
  mailbox.attendees.push_back({.email = "Max@x.example"});
  const auto merged = Merge(BaseVersion::Of(Common()), {mailbox, kNow}, {Common(), kNow});
  ASSERT_EQ(merged.fields.attendees.size(), 3u);
  EXPECT_EQ(merged.fields.attendees[1].role, AttendeeRole::kPresenter);
}

TEST(MeetingFields, CaseOfAddressesAndOrderDoNotMatterAndTheOrganizerIsNobodyInvited) {
  auto fields = Common();
  auto other = Common();
  std::swap(other.attendees[0], other.attendees[1]);
  other.attendees[0].email = "EVE@X.example";
  EXPECT_EQ(TextOf(fields, Field::kAttendees), TextOf(other, Field::kAttendees));
  Meeting meeting{.organizer = "Ada@x.example", .attendees = {{.email = "ada@x.example"}, {.email = "bob@x.example"}}};
  EXPECT_EQ(FieldsOf(meeting).attendees.size(), 1u);
}

TEST(MeetingFields, WhatCannotBeIsRefusedByName) {
  const auto refused = [](const auto& change) {
    auto fields = Common();
    change(fields);
    const auto status = CheckFields(fields);
    return std::string(status.message());
  };
  using F = MeetingFields;
  EXPECT_EQ(refused([](F&) {}), "");
  EXPECT_THAT(refused([](F& f) { f.subject = std::string(256, 'x'); }), ::testing::StartsWith("meeting.subject"));
  EXPECT_EQ(refused([](F& f) { f.subject = std::string(); }), "");
  EXPECT_THAT(refused([](F& f) { f.location = "a\nb"; }), ::testing::StartsWith("meeting.location"));
  EXPECT_THAT(refused([](F& f) { f.end = f.start - 1s; }), ::testing::StartsWith("meeting.end_time"));
  EXPECT_THAT(refused([](F& f) { f.end = f.start + 24h * 400; }), ::testing::StartsWith("meeting.end_time"));
  EXPECT_THAT(refused([](F& f) { f.start = f.end = TimePoint{-1s}; }), ::testing::StartsWith("meeting.start_time"));
  EXPECT_THAT(refused([](F& f) { f.chosen_state = "Not A Key"; }), ::testing::StartsWith("meeting.availability_state"));
  EXPECT_THAT(refused([](F& f) { f.attendees[1].email = "eve"; }), ::testing::StartsWith("meeting.attendees[1].email"));
  EXPECT_THAT(refused([](F& f) { f.attendees[1].email = "BOB@x.example"; }), ::testing::HasSubstr("once"));
  EXPECT_THAT(refused([](F& f) { f.attendees.assign(501, {}); }), ::testing::StartsWith("meeting.attendees"));
}

TEST(BridgeMeeting, ItsCorrelationIdLeadsBackToIt) {
  const BridgeMeeting meeting{.owner = {TenantId{"acme"}, "ada"}, .id = MeetingId{"c" + std::string(26, '7')}};
  const auto name = FromCorrelationId(meeting.correlation_id());
  ASSERT_TRUE(name);
  EXPECT_EQ(name->user, meeting.owner);
  EXPECT_EQ(name->bridge_id, meeting.id);
  EXPECT_FALSE(FromCorrelationId(""));
  EXPECT_FALSE(FromCorrelationId("v123"));
  EXPECT_FALSE(FromCorrelationId("tenants/acme/users/ada/meetings/m" + std::string(26, '7')));
}

TEST(BridgeMeeting, RolesAreThoseOfTheInvitation) {
  BridgeMeeting meeting{.fields = Common(), .organizer = "ada@x.example"};
  EXPECT_EQ(RoleOf(meeting, "ADA@x.example"), ConferenceRole::kHost);
  EXPECT_EQ(RoleOf(meeting, "eve@x.example"), ConferenceRole::kPresenter);
  EXPECT_EQ(RoleOf(meeting, "bob@x.example"), ConferenceRole::kAttendee);
  EXPECT_EQ(RoleOf(meeting, "mallory@x.example"), std::nullopt);
  EXPECT_EQ(RoleOf(meeting, ""), std::nullopt);
}

TEST(BridgeMeeting, HistoryKeepsItsBeginAndTheLatest) {
  BridgeMeeting meeting;
  for (int i = 0; i < 100; ++i) Note(meeting, kNow + i * 1s, std::to_string(i));
  ASSERT_EQ(meeting.history.size(), kMaxHistory);
  EXPECT_EQ(meeting.history.front().text, "0");
  EXPECT_EQ(meeting.history.back().text, "99");
}

TEST(UserMode, FollowsMailboxAndOutlook) {
  EXPECT_EQ(ModeOf(true, true), UserMode::kLinked);
  EXPECT_EQ(ModeOf(true, false), UserMode::kExchangeOnly);
  EXPECT_EQ(ModeOf(false, true), UserMode::kOutlookOnly);
  EXPECT_EQ(ModeOf(false, false), UserMode::kBridgeOnly);
}

}  // namespace
}  // namespace crosspoint::meeting_sync
