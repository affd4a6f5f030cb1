#include "meeting_sync/app/join_desk.h"

#include <gtest/gtest.h>

#include "meeting_sync/app/bridge_fakes.h"
#include "meeting_sync/app/reasons.h"

namespace crosspoint::meeting_sync {
namespace {

const UserId kAda{TenantId{"acme"}, "ada"};
const UserId kBob{TenantId{"acme"}, "bob"};
const UserId kEve{TenantId{"acme"}, "eve"};
const UserId kFar{TenantId{"beta"}, "bob"};
const MeetingId kMeeting{"c" + std::string(26, '1')};

class CountingLimit final : public GuessLimit {
 public:
  absl::Status Take(const std::string&, Deadline) override {
    if (wrong >= most) return Refused(absl::StatusCode::kResourceExhausted, "TOO_MANY_GUESSES", "wait");
    ++wrong;
    return absl::OkStatus();
  }
  void GiveBack(const std::string&, Deadline) override { --wrong; }
  int wrong = 0;
  int most = 3;
};

class Join : public ::testing::Test {
 protected:
  Join() {
    BridgeMeeting record{.owner = kAda, .id = kMeeting, .state = BridgeState::kLive};
    record.organizer = "ada@acme.test";
    record.fields.attendees = {{.email = "Robert.Builder@acme.test"},
                               {.email = "eve.talks@acme.test", .role = AttendeeRole::kPresenter}};
    record.conference = {.url = "https://bridge.test/j/473920174",
                         .dial_in_numbers = {"+15550100"},
                         .participant_code = "473920174",
                         .host_code = "582047193",
                         .password = "730184"};
    record_ = Write(record);
  }
  BridgeMeeting Write(const BridgeMeeting& record) {
    auto written = store_.Put({.meeting = record, .expected_revision = record.revision}, {});
    EXPECT_TRUE(written.ok()) << written.status();
    return written.value_or(record);
  }
  absl::StatusOr<Joined> ByName(const UserId& user, const UserId& owner = kAda) {
    return desk_.Join({.meeting = MeetingName{owner, {}, kMeeting}}, {.user = user}, {});
  }
  absl::StatusOr<Joined> ByCode(const std::string& code, const std::string& password,
                                std::optional<UserId> user = std::nullopt) {
    return desk_.Join({.participant_code = code, .password = password}, {.user = std::move(user)}, {});
  }

  FakeClock clock_;
  FakeMeetingStore store_{clock_};
  CountingLimit limit_;
  std::map<UserId, std::vector<std::string>> addresses_{
      {kAda, {"ada@acme.test"}},
      {kBob, {"bob@acme.test", "ROBERT.builder@acme.test"}},
      {kFar, {"robert.builder@acme.test"}},
  };
  JoinDesk desk_{store_, [this](const UserId& user) { return addresses_[user]; }, limit_};
  BridgeMeeting record_;
};

TEST_F(Join, HostHasEverything) {
  const auto joined = ByName(kAda);
  ASSERT_TRUE(joined.ok()) << joined.status();
  EXPECT_EQ(joined->conference, record_.conference);
  EXPECT_EQ(joined->role, JoinRole::kHost);
}

TEST_F(Join, InviteeComesInUnderAnyAddressAndWithoutTheHostCode) {
  const auto joined = ByName(kBob);
  ASSERT_TRUE(joined.ok()) << joined.status();
  EXPECT_EQ(joined->role, JoinRole::kAttendee);
  EXPECT_EQ(joined->conference.url, record_.conference.url);
  EXPECT_EQ(joined->conference.password, "730184");
  EXPECT_EQ(joined->conference.host_code, "");
  addresses_[kEve] = {"eve@acme.test", "eve.talks@acme.test"};
  EXPECT_EQ(ByName(kEve)->role, JoinRole::kPresenter);
}

TEST_F(Join, StrangerIsRefusedAndAnotherTenantFindsNothing) {
  addresses_[kEve] = {"eve@acme.test"};
  EXPECT_EQ(ByName(kEve).status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_TRUE(HasReason(ByName(kEve).status(), "NOT_INVITED"));
  EXPECT_EQ(ByName(kFar).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ByName(kBob, kBob).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(Join, AnAddressSharedWithTheHostMakesNoHost) {
  addresses_[kEve] = {"ada@acme.test"};
  const auto joined = ByName(kEve);
  ASSERT_TRUE(joined.ok());
  EXPECT_EQ(joined->role, JoinRole::kPresenter);
  EXPECT_EQ(joined->conference.host_code, "");
}

TEST_F(Join, UnsentInvitationIsItsSendersAlone) {
  record_.state = BridgeState::kPrepared;
  record_.expires = clock_.Now() + std::chrono::hours{1};
  record_ = Write(record_);
  EXPECT_TRUE(ByName(kAda).ok());
  EXPECT_EQ(ByName(kBob).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ByCode("473920174", "730184").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(Join, CancelledMeetingSaysSoToThoseInvited) {
  record_.state = BridgeState::kCancelled;
  record_ = Write(record_);
  EXPECT_TRUE(HasReason(ByName(kBob).status(), "MEETING_CANCELLED"));
  addresses_[kEve] = {"eve@acme.test"};
  EXPECT_TRUE(HasReason(ByName(kEve).status(), "NOT_INVITED"));
}

TEST_F(Join, WhoHasCodeAndPasswordNeedsNoAccount) {
  const auto joined = ByCode("473 920-174", "730184");
  ASSERT_TRUE(joined.ok()) << joined.status();
  EXPECT_EQ(joined->role, JoinRole::kGuest);
  EXPECT_EQ(joined->conference.url, record_.conference.url);
  EXPECT_EQ(joined->conference.host_code, "");
  EXPECT_EQ(limit_.wrong, 0) << "right ones are not counted";
}

TEST_F(Join, WrongCodeAndWrongPasswordLookAlike) {
  const auto code = ByCode("473920175", "730184").status();
  const auto password = ByCode("473920174", "730185").status();
  EXPECT_EQ(code.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(code.ToString(), password.ToString());
  EXPECT_EQ(ByCode("473920174; DROP", "730184").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(Join, GuessingEnds) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ByCode("1", "").status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(HasReason(ByCode("473920174", "730184").status(), "TOO_MANY_GUESSES"));
  EXPECT_TRUE(ByName(kBob).ok()) << "those with an account are not held up";
}

TEST_F(Join, InviteeWithTheCodeNeedsNoPassword) {
  const auto joined = ByCode("473920174", "", kBob);
  ASSERT_TRUE(joined.ok());
  EXPECT_EQ(joined->role, JoinRole::kAttendee);
  EXPECT_EQ(ByCode("473920174", "", kFar).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ByCode("473920174", "730184", kFar)->role, JoinRole::kGuest);
}

TEST_F(Join, NeitherNameNorCodeIsRefused) {
  EXPECT_EQ(desk_.Join({}, {.user = kBob}, {}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(desk_.Join({.meeting = MeetingName{kAda, {}, kMeeting}}, {}, {}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(Join, CalendarItemWithoutConferenceSaysSoToItsOwner) {
  const MeetingName item{kAda, {"1"}, std::nullopt};
  EXPECT_TRUE(HasReason(desk_.Join({.meeting = item}, {.user = kAda}, {}).status(), "NO_CONFERENCE"));
  EXPECT_EQ(desk_.Join({.meeting = item}, {.user = kBob}, {}).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace crosspoint::meeting_sync
