#include <gmock/gmock.h>

#include <memory>

#include "common/log/log.h"
#include "common/redis/client.h"
#include "common/redis/outbox.h"
#include "common/status/status.h"
#include "meeting_sync/adapters/meeting_codec.h"
#include "meeting_sync/adapters/redis_meeting_store.h"
#include "meeting_sync/app/bridge_fakes.h"
#include "meeting_sync/app/reasons.h"
#include "tests/support/redis_server.h"

// What every MeetingStore keeps to, shown on the one in memory that unit tests use, and on real Redis and Valkey.
namespace crosspoint::meeting_sync {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const UserId kAda{TenantId{"acme"}, "ada"};
const UserId kBob{TenantId{"other"}, "bob"};
const TimePoint kNow{std::chrono::hours{24 * 365 * 56}};

class Subject {
 public:
  virtual ~Subject() = default;
  virtual MeetingStore& store() = 0;
  virtual size_t Pushes() = 0;  // outbox entries for the mailbox
  FakeClock clock{kNow};
};

class FakeSubject final : public Subject {
 public:
  MeetingStore& store() override { return store_; }
  size_t Pushes() override { return store_.Pushes(kAda).size(); }

 private:
  FakeMeetingStore store_{clock};
};

class RedisSubject final : public Subject {
 public:
  explicit RedisSubject(testing::RedisServerOptions::Kind kind) : server_({.kind = kind}) {}
  MeetingStore& store() override { return store_; }
  size_t Pushes() override {
    size_t pushes = 0;
    const auto entries = server_.Command({"XRANGE", "cp:{meeting_sync:acme:ada}:outbox", "-", "+"});
    for (const auto& entry : entries.array()) {
      for (const auto& field : entry.array()[1].array()) pushes += field.text() == kPushType;
    }
    return pushes;
  }

 private:
  testing::RedisServer server_;
  log::Logger log_{"test", log::Level::kError};
  RedisClient redis_{server_.config()};
  Outbox outbox_{redis_, "meeting_sync"};
  RedisMeetingStore store_{redis_, outbox_, clock, log_};
};

class MeetingStoreContract : public ::testing::TestWithParam<std::string> {
 protected:
  MeetingStoreContract() {
    if (GetParam() == "Fake") subject_ = std::make_unique<FakeSubject>();
    if (GetParam() == "Redis") subject_ = std::make_unique<RedisSubject>(testing::RedisServerOptions::Kind::kRedis);
    if (GetParam() == "Valkey") subject_ = std::make_unique<RedisSubject>(testing::RedisServerOptions::Kind::kValkey);
  }
  MeetingStore& store() { return subject_->store(); }
  static Deadline Soon() { return std::chrono::steady_clock::now() + 5s; }

  static BridgeMeeting Make(int number, BridgeState state = BridgeState::kLive) {
    auto id = std::to_string(number);
    id = "c" + std::string(26 - id.size(), '0') + id;
    BridgeMeeting meeting{.owner = kAda, .id = MeetingId{id}, .state = state};
    meeting.fields = {.subject = "Number " + std::to_string(number), .start = kNow + 1h, .end = kNow + 2h};
    meeting.fields.attendees = {{.email = "bob@corp.example", .display_name = "Bob", .role = AttendeeRole::kPresenter}};
    meeting.organizer = "ada@corp.example";
    meeting.conference = {.url = "https://b/" + id,
                          .dial_in_numbers = {"+15550100"},
                          .participant_code = std::to_string(100 + number),
                          .host_code = "9",
                          .password = "p"};
    meeting.ical_uid = "uid-" + std::to_string(number);
    meeting.created = meeting.modified = kNow;
    if (state == BridgeState::kPrepared) meeting.expires = kNow + 24h;
    meeting.history = {{kNow, "made"}};
    return meeting;
  }
  BridgeMeeting Put(const BridgeMeeting& meeting) {
    auto stored = store().Put({.meeting = meeting, .expected_revision = meeting.revision}, Soon());
    EXPECT_TRUE(stored.ok()) << stored.status();
    return stored.value_or(meeting);
  }
  std::vector<std::string> Listed(TimePoint start, TimePoint end) {
    std::vector<std::string> subjects;
    const auto list = store().List(kAda, start, end, Soon());
    for (const auto& meeting : list.value()) subjects.push_back(meeting.fields.subject);
    return subjects;
  }

  std::unique_ptr<Subject> subject_;
};

TEST_P(MeetingStoreContract, WhatWasPutIsReadBackWithEverything) {
  auto meeting = Make(1);
  meeting.link = LinkedItem{.item = {"item", "key"}, .key = ItemKey{"k1"}, .base = BaseVersion::Of(meeting.fields)};
  const auto stored = Put(meeting);
  EXPECT_GT(stored.revision, 0u);
  EXPECT_EQ(store().Get(kAda, meeting.id, Soon()).value(), stored);
  EXPECT_EQ(store().FindByUid(kAda, "uid-1", Soon()).value(), stored);
  EXPECT_EQ(store().FindByCode("101", Soon()).value(), stored);
  EXPECT_EQ(store().Links(kAda, Soon())->by_item.at(ItemKey{"k1"}), meeting.id);
  EXPECT_FALSE(store().Get(kBob, meeting.id, Soon()).value());
}

TEST_P(MeetingStoreContract, AWriteThatDoesNotKnowTheNewestIsRefused) {
  const auto first = Put(Make(1));
  auto second = first;
  second.fields.subject = "Second";
  const auto newer = Put(second);
  EXPECT_GT(newer.revision, first.revision);
  auto late = first;
  late.fields.subject = "Late";
  const auto refused = store().Put({.meeting = late, .expected_revision = first.revision}, Soon());
  EXPECT_TRUE(HasReason(refused.status(), kMeetingChanged)) << refused.status();
  EXPECT_TRUE(HasReason(store().Put({.meeting = Make(1)}, Soon()).status(), kMeetingChanged));
  EXPECT_EQ(store().Get(kAda, first.id, Soon()).value()->fields.subject, "Second");
}

TEST_P(MeetingStoreContract, LiveOnesAreListedByTimeAndNoOthers) {
  auto late = Make(1);
  late.fields.start += 24h;
  late.fields.end += 24h;
  Put(late);
  Put(Make(2));
  Put(Make(3, BridgeState::kPrepared));
  auto over = Put(Make(4));
  over.state = BridgeState::kCancelled;
  Put(over);
  EXPECT_THAT(Listed(kNow, kNow + 48h), ElementsAre("Number 2", "Number 1"));
  EXPECT_THAT(Listed(kNow, kNow + 24h), ElementsAre("Number 2"));
  EXPECT_THAT(Listed(kNow + 2h, kNow + 24h), IsEmpty()) << "ended when the time begins";
}

TEST_P(MeetingStoreContract, APreparedOneIsForgottenWhenItExpires) {
  const auto prepared = Put(Make(1, BridgeState::kPrepared));
  EXPECT_TRUE(store().FindByUid(kAda, "uid-1", Soon()).value());
  subject_->clock.Advance(25h);
  EXPECT_FALSE(store().Get(kAda, prepared.id, Soon()).value());
  EXPECT_FALSE(store().FindByUid(kAda, "uid-1", Soon()).value());
  const auto again = store().Put({.meeting = Make(1)}, Soon());
  EXPECT_TRUE(again.ok()) << "its name is free again: " << again.status();
}

TEST_P(MeetingStoreContract, ASeriesIsKeptThoughItsFirstOccurrenceIsLongOver) {
  auto series = Make(1);
  series.recurring = true;
  series = Put(series);
  subject_->clock.Advance(24h * 800);
  Put(Make(2));
  EXPECT_EQ(store().Get(kAda, series.id, Soon()).value(), series);
  EXPECT_TRUE(store().FindByCode("101", Soon()).value());
  EXPECT_THAT(Listed(kNow + 24h * 799, kNow + 24h * 801), IsEmpty()) << "its first occurrence is known here, no other";
}

TEST_P(MeetingStoreContract, ACodeBelongsToOneMeetingOfAllTenants) {
  Put(Make(1));
  auto other = Make(2);
  other.owner = kBob;
  other.conference.participant_code = "101";
  EXPECT_TRUE(HasReason(store().Put({.meeting = other}, Soon()).status(), kCodeTaken));
  other.conference.participant_code = "102";
  EXPECT_TRUE(store().Put({.meeting = other}, Soon()).ok());
  EXPECT_EQ(store().FindByCode("102", Soon()).value()->owner, kBob);
  EXPECT_FALSE(store().FindByCode("103", Soon()).value());
  EXPECT_FALSE(store().FindByCode("}:x", Soon()).value());
}

TEST_P(MeetingStoreContract, ARepeatedRequestIsToldWhatItMade) {
  const RequestKey request{"4f1c1d0e-9f0b-4c52-8f8e-0a8f7c1d2e3f", "d1"};
  const auto first = Make(1);
  ASSERT_TRUE(store().Put({.meeting = first, .request = request}, Soon()).ok());
  const auto again = store().Put({.meeting = Make(2), .request = request}, Soon());
  EXPECT_TRUE(HasReason(again.status(), kRequestRepeated)) << again.status();
  EXPECT_EQ(GetErrorInfo(again.status())->metadata.at("meeting"), first.id.value);
  EXPECT_EQ(store().Repeated(kAda, request, Soon()).value(), first.id);
  const RequestKey other{request.id, "d2"};
  EXPECT_TRUE(HasReason(store().Put({.meeting = Make(2), .request = other}, Soon()).status(), "REQUEST_ID_REUSED"));
  EXPECT_TRUE(HasReason(store().Repeated(kAda, other, Soon()).status(), "REQUEST_ID_REUSED"));
  EXPECT_FALSE(store().Get(kAda, Make(2).id, Soon()).value());
}

TEST_P(MeetingStoreContract, ChangesSinceARevisionNameWhatIsLiveAndWhatIsGone) {
  const auto first = Put(Make(1));
  auto second = Put(Make(2));
  second.state = BridgeState::kCancelled;
  second = Put(second);
  const auto all = store().ChangesSince(kAda, 0, Soon()).value();
  EXPECT_THAT(all.live, ElementsAre(first));
  EXPECT_THAT(all.gone, ElementsAre(second.id));
  EXPECT_EQ(all.revision, second.revision);
  const auto later = store().ChangesSince(kAda, first.revision, Soon()).value();
  EXPECT_THAT(later.live, IsEmpty());
  EXPECT_THAT(later.gone, ElementsAre(second.id));
  EXPECT_THAT(store().ChangesSince(kAda, all.revision, Soon())->gone, IsEmpty());
}

TEST_P(MeetingStoreContract, ALostLinkIsNoLongerInTheIndex) {
  auto meeting = Make(1);
  meeting.link = LinkedItem{.item = {"a", ""}, .key = ItemKey{"ka"}, .base = {}};
  meeting = Put(meeting);
  meeting.link = LinkedItem{.item = {"b", ""}, .key = ItemKey{"kb"}, .base = {}};
  meeting.ical_uid = "other";
  meeting = Put(meeting);
  auto index = store().Links(kAda, Soon()).value();
  EXPECT_FALSE(index.by_item.contains(ItemKey{"ka"}));
  EXPECT_TRUE(index.by_item.contains(ItemKey{"kb"}));
  EXPECT_FALSE(index.by_uid.contains("uid-1"));
  meeting.link.reset();
  Put(meeting);
  EXPECT_THAT(store().Links(kAda, Soon())->by_item, IsEmpty());
}

TEST_P(MeetingStoreContract, ClaimsOfTooManyMeetingsAreRefusedUntilSomeEnd) {
  for (size_t i = 0; i < kMaxBridgeClaims; ++i) {
    const auto meeting = Make(static_cast<int>(i) + 1);
    const PlannedClaim claim{.id = "b" + meeting.id.value, .state = "x", .start = kNow, .end = kNow + 1h};
    ASSERT_TRUE(store().Put({.meeting = meeting, .put_claim = claim}, Soon()).ok());
  }
  const PlannedClaim more{.id = "bmore", .state = "x", .start = kNow, .end = kNow + 1h};
  EXPECT_TRUE(HasReason(store().Put({.meeting = Make(900), .put_claim = more}, Soon()).status(), "TOO_MANY_MEETINGS"));
  subject_->clock.Advance(61min);
  EXPECT_TRUE(store().Put({.meeting = Make(900), .put_claim = more}, Soon()).ok());
}

TEST_P(MeetingStoreContract, TooManyInvitationsThatAreNotSentAreRefused) {
  for (size_t i = 0; i < kMaxPrepared; ++i) Put(Make(static_cast<int>(i) + 1, BridgeState::kPrepared));
  const auto more = Make(900, BridgeState::kPrepared);
  EXPECT_TRUE(HasReason(store().Put({.meeting = more}, Soon()).status(), "TOO_MANY_MEETINGS"));
  subject_->clock.Advance(25h);
  EXPECT_TRUE(store().Put({.meeting = Make(901)}, Soon()).ok());
}

TEST_P(MeetingStoreContract, ConflictsAreKeptNewestFirst) {
  const auto meeting = Put(Make(1));
  MeetingWrite write{.meeting = meeting, .expected_revision = meeting.revision};
  write.conflicts = {{Field::kSubject, "theirs", "ours", true}, {Field::kLocation, "there", "here", false}};
  ASSERT_TRUE(store().Put(write, Soon()).ok());
  const auto newest = store().ListConflicts(kAda, "", 1, Soon()).value();
  ASSERT_EQ(newest.size(), 1u);
  EXPECT_EQ(newest[0].field, write.conflicts[1]);
  EXPECT_EQ(newest[0].meeting, meeting.id);
  const auto older = store().ListConflicts(kAda, newest[0].id, 10, Soon()).value();
  ASSERT_EQ(older.size(), 1u);
  EXPECT_EQ(older[0].field, write.conflicts[0]);
  EXPECT_EQ(older[0].time, kNow);
}

TEST_P(MeetingStoreContract, AChangeForTheMailboxLeavesAnEntryInTheSameStep) {
  ASSERT_TRUE(store().Put({.meeting = Make(1), .push = true}, Soon()).ok());
  EXPECT_EQ(subject_->Pushes(), 1u);
  EXPECT_FALSE(store().Put({.meeting = Make(1), .push = true}, Soon()).ok());
  EXPECT_EQ(subject_->Pushes(), 1u);
}

TEST_P(MeetingStoreContract, TheBrakeIsRememberedUntilItIsLetGo) {
  EXPECT_FALSE(store().Brake(kAda, Soon()).value());
  ASSERT_TRUE(store().SetBrake(kAda, BrakedRun{.removed = {Make(1).id}, .since = kNow}, Soon()).ok());
  const auto run = store().Brake(kAda, Soon()).value();
  ASSERT_TRUE(run);
  EXPECT_THAT(run->removed, ElementsAre(Make(1).id));
  EXPECT_EQ(run->since, kNow);
  ASSERT_TRUE(store().SetBrake(kAda, std::nullopt, Soon()).ok());
  EXPECT_FALSE(store().Brake(kAda, Soon()).value());
}

INSTANTIATE_TEST_SUITE_P(Stores, MeetingStoreContract, ::testing::Values("Fake", "Redis", "Valkey"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace crosspoint::meeting_sync
