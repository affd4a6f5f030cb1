#include "presence/adapters/redis_shards.h"

#include <gtest/gtest.h>

#include <future>
#include <string>

#include "common/redis/client.h"
#include "presence/adapters/record_codec.h"
#include "presence/adapters/redis_presence_store.h"
#include "presence/adapters/store_clock.h"
#include "tests/support/redis_server.h"

namespace crosspoint::presence {
namespace {

using namespace std::chrono_literals;

Deadline Soon() { return std::chrono::steady_clock::now() + 10s; }

class RedisShardsTest : public ::testing::Test {
 protected:
  absl::StatusOr<ChangeResult> Put(const UserId& user) {
    ClaimChange change;
    change.put = ClaimWish{{"m1"}, {"s"}, ClaimClass::kCalendar, {"custom"}, "", clock_.Now(), clock_.Now() + 60s};
    return store_.Change(user, change, Soon());
  }
  ShardSnapshot Fetch(uint8_t shard) {
    const ShardId wanted[] = {ShardId{shard}};
    return shards_.Fetch(wanted).value().at(0);
  }

  testing::RedisServer server_;
  RedisClient redis_{server_.config()};
  FakeClock clock_;
  KnownEpoch epoch_;
  SequentialIdSource ids_;
  log::Logger log_{"test", static_cast<log::Level>(4)};
  RedisPresenceStore store_{redis_, epoch_, {}, &clock_};
  RedisShards shards_{redis_, epoch_, ids_, log_};
};

TEST_F(RedisShardsTest, EmptyStoreGetsAnEpochAndHasNoRevisions) {
  const auto revisions = shards_.ReadRevisions();
  ASSERT_TRUE(revisions.ok()) << revisions.status();
  EXPECT_FALSE(revisions->epoch.empty());
  for (const auto revision : revisions->revisions) EXPECT_EQ(revision, 0u);
  EXPECT_EQ(shards_.ReadRevisions()->epoch, revisions->epoch);
  EXPECT_EQ(epoch_.Get(), revisions->epoch);
}

TEST_F(RedisShardsTest, SnapshotHoldsWhatWasWrittenAtItsRevision) {
  const UserId user{{"acme"}, "u1"};
  const auto put = Put(user);
  ASSERT_TRUE(put.ok());
  const auto snapshot = Fetch(put->shard);
  EXPECT_EQ(snapshot.revision, 1u);
  ASSERT_EQ(snapshot.entries.size(), 1u);
  EXPECT_EQ(snapshot.entries[0].key, "acme/u1");
  EXPECT_EQ(snapshot.entries[0].revision, 1u);
  EXPECT_EQ(DecodeRecord(snapshot.entries[0].payload), put->record);
  EXPECT_EQ(shards_.ReadRevisions()->revisions[put->shard], 1u);
}

TEST_F(RedisShardsTest, RevisionsThatWentBackBeginANewEpoch) {
  const auto put = Put({{"acme"}, "u1"});
  const auto before = shards_.ReadRevisions();
  ASSERT_TRUE(before.ok());
  ASSERT_TRUE(redis_.Call({"SET", ShardKey(put->shard, "revision"), "0"}, Soon()).ok());
  const auto after = shards_.ReadRevisions();
  ASSERT_TRUE(after.ok());
  EXPECT_NE(after->epoch, before->epoch);
  EXPECT_EQ(shards_.ReadRevisions()->epoch, after->epoch);
}

TEST_F(RedisShardsTest, RecordsOfUsersWithoutClaimsAreForgottenAfterADay) {
  // Two users of one shard, found by trying.
  const UserId first{{"acme"}, "u1"};
  UserId second{{"acme"}, "v1"};
  for (int i = 2; ShardOfUser(KeyOf(second)) != ShardOfUser(KeyOf(first)); ++i) second.value = "v" + std::to_string(i);
  const auto put = Put(first);
  ClaimChange remove;
  remove.remove.push_back(ClaimId{"m1"});
  ASSERT_TRUE(store_.Change(first, remove, Soon()).ok());
  clock_.Advance(23h);
  ASSERT_TRUE(Put(second).ok());
  EXPECT_EQ(Fetch(put->shard).entries.size(), 2u);
  clock_.Advance(2h);
  ASSERT_TRUE(Put(second).ok());
  const auto entries = Fetch(put->shard).entries;
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].key, kForgottenEntry);
  EXPECT_EQ(entries[0].payload, "2");
  EXPECT_EQ(entries[1].key, KeyOf(second));
}

TEST_F(RedisShardsTest, AUserOnThePhoneKeepsItsRecordThoughItHasNoClaims) {
  const UserId talker{{"acme"}, "u1"};
  UserId other{{"acme"}, "v1"};
  for (int i = 2; ShardOfUser(KeyOf(other)) != ShardOfUser(KeyOf(talker)); ++i) other.value = "v" + std::to_string(i);
  const auto report = [&](LineState state) {
    std::promise<absl::StatusOr<ChangeResult>> reported;
    store_.Report(KeyOf(talker), SignalReport{{{DeviceId{"desk"}, state}}, std::nullopt}, Soon(),
                  [&](absl::StatusOr<ChangeResult> result) { reported.set_value(std::move(result)); });
    return reported.get_future().get().value();
  };
  for (int hour = 0; hour < 26; ++hour) {
    report(LineState::kOnThePhone);
    clock_.Advance(80s);
    report(LineState::kOnThePhone);
    clock_.Advance(1h - 80s);
    ASSERT_TRUE(Put(other).ok());
  }
  EXPECT_EQ(Fetch(ShardOfUser(KeyOf(talker))).entries.size(), 2u);
}

TEST(StoreClock, FollowsTheStoreAndNotThisMachine) {
  StoreClock clock;
  const StoreClock::Steady begin{1000s};
  EXPECT_EQ(clock.At(begin), std::nullopt);
  clock.Heard(TimePoint{5000s}, begin, begin + 2ms);
  EXPECT_EQ(clock.At(begin + 1ms), TimePoint{5000s});
  EXPECT_EQ(clock.At(begin + 1001ms), TimePoint{5001s});
}

TEST(StoreClock, PrefersTheQuickAnswerAndBelievesAJump) {
  StoreClock clock;
  const StoreClock::Steady begin{1000s};
  clock.Heard(TimePoint{5000s}, begin, begin + 200us);
  clock.Heard(TimePoint{5001s}, begin + 1s, begin + 1s + 400ms);  // says nothing better
  EXPECT_EQ(clock.At(begin + 100us), TimePoint{5000s});
  clock.Heard(TimePoint{4000s}, begin + 2s, begin + 2s + 200us);
  EXPECT_EQ(clock.At(begin + 2s + 100us), TimePoint{4000s});
}

TEST(RecordCodec, SurvivesTheWayThroughText) {
  PresenceRecord record;
  record.revision = 12;
  record.visible_revision = 9;
  record.changed = TimePoint{1'700'000'000'123'456us};
  record.signals = Signals{LineState::kHeld, ImState::kOnline};
  record.availability = Availability{{"custom"}, "a|b|", ClaimClass::kOwnWord, record.changed, kOpenEnd};
  EXPECT_EQ(DecodeRecord(EncodeRecord(record)), record);
  record.next_edge = record.availability.end = record.changed + 1s;
  EXPECT_EQ(DecodeRecord(EncodeRecord(record)), record);
  EXPECT_EQ(DecodeRecord(EncodeRecord({})), PresenceRecord{});
}

TEST(RecordCodec, RefusesWhatIsNoRecord) {
  for (const char* bad : {"", "1", "1|1|1|1|1|1|1|1|1|custom", "x|1|1|1|1|1|1|1|1|custom|", "1|1|1|1|4|1|1|1|1|custom|",
                          "1|1|1|1|1|2|1|1|1|custom|", "1|1|1|1|1|1|9|1|1|custom|", "-1|1|1|1|1|1|1|1|1|custom|",
                          "99999999999999999999|1|1|1|1|1|1|1|1|custom|"}) {
    EXPECT_EQ(DecodeRecord(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace crosspoint::presence
