// Schedules in Redis: written with their claims in one step, planned again in time, by one replica.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/clock/clock.h"
#include "common/redis/client.h"
#include "common/status/status.h"
#include "presence/adapters/redis_presence_store.h"
#include "presence/adapters/redis_schedule_store.h"
#include "presence/adapters/schedule_codec.h"
#include "presence/app/presence_feed.h"
#include "presence/app/schedule_keeper.h"
#include "tests/support/redis_server.h"

namespace crosspoint::presence {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

Deadline Soon() { return std::chrono::steady_clock::now() + 10s; }

class NobodyArms final : public RecordObserver {
 public:
  void OnRecord(const UserKey&, TimePoint) override {}
};

class CountingPublisher final : public ChangePublisher {
 public:
  void Publish(const UserKey&, const ChangeResult&) override { ++published; }
  int published = 0;
};

class ScheduleStoreTest : public ::testing::Test {
 protected:
  static Schedule EveryDay(const char* state, std::chrono::minutes from = 9h, std::chrono::minutes to = 17h) {
    Schedule schedule{"Europe/Berlin", {}};
    for (int day = 1; day <= 7; ++day) schedule.entries.push_back({day, from, to, {state}, ""});
    return schedule;
  }
  std::vector<Claim> Claims() {
    auto claims = claims_.Read(user_, "", Soon()).value().claims;
    std::erase_if(claims, [&](const Claim& claim) { return claim.end <= clock_.Now(); });
    std::sort(claims.begin(), claims.end(), [](const auto& a, const auto& b) { return a.start < b.start; });
    return claims;
  }
  // Of all shards.
  int PlanDue() {
    int planned = 0;
    for (size_t shard = 0; shard < kShards; ++shard) {
      planned += keeper_.PlanDue(static_cast<uint8_t>(shard), Soon()).value();
    }
    return planned;
  }
  static Holiday Day(TimePoint day, std::vector<std::string> zones = {}) {
    return {std::chrono::sys_days(std::chrono::floor<days>(day.time_since_epoch())),
            "Closed",
            {"vacation"},
            std::move(zones)};
  }

  const UserId user_{{"acme"}, "u1"};
  testing::RedisServer server_;
  RedisClient redis_{server_.config()};
  FakeClock clock_{TimePoint{std::chrono::sys_days(std::chrono::year(2026) / 6 / 1).time_since_epoch()} + 12h};
  KnownEpoch epoch_;
  RedisPresenceStore claims_{redis_, epoch_, {}, &clock_};
  RedisScheduleStore store_{redis_, epoch_, &clock_};
  NobodyArms nobody_;
  PresenceTable table_{ShardOfUser, nobody_};
  WatchHub hub_{table_};
  PresenceFeed feed_{table_, hub_};
  CountingPublisher publisher_;
  ScheduleKeeper keeper_{store_, publisher_, feed_};
};

TEST_F(ScheduleStoreTest, SchedulesAndHolidaysAreReadBackAsWritten) {
  auto schedule = EveryDay("custom");
  schedule.entries[3].note = "a|b \"c\"\n";
  const auto written = keeper_.Update(user_, schedule, "", Soon());
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(keeper_.Read(user_, Soon())->schedule, schedule);
  EXPECT_EQ(keeper_.Read(user_, Soon())->etag, written->etag);
  const std::vector<Holiday> holidays{Day(clock_.Now(), {"Europe/Berlin"}), Day(clock_.Now() + days{300})};
  ASSERT_TRUE(keeper_.UpdateHolidays(user_.tenant, holidays, "", Soon()).ok());
  EXPECT_EQ(keeper_.ReadHolidays(user_.tenant, Soon())->holidays, holidays);
}

TEST_F(ScheduleStoreTest, TheComingWeekStandsAmongTheClaimsAndAnotherScheduleTakesItsPlace) {
  ASSERT_TRUE(keeper_.Update(user_, EveryDay("custom"), "", Soon()).ok());
  auto claims = Claims();
  ASSERT_EQ(claims.size(), 9u);
  EXPECT_EQ(claims.front().start, TimePoint{clock_.Now() - 5h}) << "9:00 in Berlin, begun already";
  EXPECT_EQ(EffectiveClaim(claims, clock_.Now())->state.value, "custom");
  EXPECT_EQ(claims_.Read(user_, "", Soon())->record.availability.state.value, "custom");

  ASSERT_TRUE(keeper_.Update(user_, EveryDay("out-of-office", 18h, 24h), "", Soon()).ok());
  claims = Claims();
  ASSERT_EQ(claims.size(), 8u);
  for (const auto& claim : claims) EXPECT_EQ(claim.state.value, "out-of-office");
  EXPECT_EQ(claims_.Read(user_, "", Soon())->record.availability.state.value, "available");

  ASSERT_TRUE(keeper_.Update(user_, Schedule{}, "", Soon()).ok());
  EXPECT_TRUE(Claims().empty());
  clock_.Advance(days{2});
  EXPECT_EQ(PlanDue(), 0);
}

TEST_F(ScheduleStoreTest, TheSameAgainChangesNothing) {
  const auto first = keeper_.Update(user_, EveryDay("custom"), "", Soon());
  ASSERT_TRUE(first.ok());
  const auto before = Claims();
  const auto published = publisher_.published;
  const auto again = keeper_.Update(user_, EveryDay("custom"), first->etag, Soon());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->etag, first->etag);
  EXPECT_EQ(Claims(), before);
  EXPECT_EQ(publisher_.published, published);
}

TEST_F(ScheduleStoreTest, AStaleEtagChangesNothing) {
  const auto first = keeper_.Update(user_, EveryDay("custom"), "", Soon());
  ASSERT_TRUE(keeper_.Update(user_, EveryDay("vacation"), first->etag, Soon()).ok());
  const auto stale = keeper_.Update(user_, EveryDay("custom"), first->etag, Soon());
  EXPECT_EQ(GetErrorInfo(stale.status())->reason, "ETAG_STALE");
  EXPECT_EQ(keeper_.Read(user_, Soon())->schedule, EveryDay("vacation"));
  ASSERT_TRUE(keeper_.UpdateHolidays(user_.tenant, {Day(clock_.Now())}, "0", Soon()).ok());
  EXPECT_EQ(GetErrorInfo(keeper_.UpdateHolidays(user_.tenant, {}, "0", Soon()).status())->reason, "ETAG_STALE");
  EXPECT_EQ(keeper_.ReadHolidays(user_.tenant, Soon())->holidays.size(), 1u);
}

TEST_F(ScheduleStoreTest, WhoPlansFromAScheduleThatWasReplacedWritesNothing) {
  ASSERT_TRUE(keeper_.Update(user_, EveryDay("custom"), "", Soon()).ok());
  const auto read = store_.Read(user_, Soon()).value();
  ASSERT_TRUE(keeper_.Update(user_, EveryDay("vacation"), "", Soon()).ok());
  SchedulePlan plan{read.schedule, PlanSchedule(read.schedule, {}, read.now, read.now + days{8}), read.now + days{1},
                    read.etag, read.mark};
  EXPECT_TRUE(absl::IsAborted(store_.Write(user_, plan, Soon()).status()));
  for (const auto& claim : Claims()) EXPECT_EQ(claim.state.value, "vacation");
}

TEST_F(ScheduleStoreTest, DaysComeIntoPlaceOneAfterAnotherAndAreNeverShort) {
  ASSERT_TRUE(keeper_.Update(user_, EveryDay("custom"), "", Soon()).ok());
  // Through a clock change and two years.
  for (int day = 0; day < 200; ++day) {
    clock_.Advance(days{day % 20 == 19 ? 60 : 1});
    EXPECT_EQ(PlanDue(), 1);
    EXPECT_EQ(PlanDue(), 0) << "planned already";
    const auto claims = Claims();
    ASSERT_GE(claims.size(), 7u);
    EXPECT_GE(claims.back().end, clock_.Now() + days{7} - 1h);
    for (size_t i = 1; i < claims.size(); ++i) ASSERT_LE(claims[i].start - claims[i - 1].start, days{1} + 1h);
  }
}

TEST_F(ScheduleStoreTest, WhatIsDueIsGivenToOneAndToAnotherWhenThatOneDied) {
  ASSERT_TRUE(keeper_.Update(user_, EveryDay("custom"), "", Soon()).ok());
  clock_.Advance(days{1});
  const uint8_t shard = ShardOfUser(KeyOf(user_));
  EXPECT_THAT(store_.TakeDue(shard, Soon()).value(), ::testing::ElementsAre("acme/u1"));
  EXPECT_THAT(store_.TakeDue(shard, Soon()).value(), ::testing::IsEmpty());
  clock_.Advance(61s);  // the first never planned it
  EXPECT_EQ(PlanDue(), 1);
}

TEST_F(ScheduleStoreTest, HolidaysReachEveryScheduleOfTheirZoneAndGoAgain) {
  const UserId abroad{{"acme"}, "u2"};
  const UserId foreign{{"other"}, "u1"};
  auto new_york = EveryDay("custom");
  new_york.time_zone = "America/New_York";
  ASSERT_TRUE(keeper_.Update(user_, EveryDay("custom"), "", Soon()).ok());
  ASSERT_TRUE(keeper_.Update(abroad, new_york, "", Soon()).ok());
  ASSERT_TRUE(keeper_.Update(foreign, EveryDay("custom"), "", Soon()).ok());
  const auto shown = [&](const UserId& user) {
    return claims_.Read(user, "", Soon())->record.availability.state.value;
  };
  ASSERT_TRUE(keeper_.UpdateHolidays(user_.tenant, {Day(clock_.Now(), {"Europe/Berlin"})}, "", Soon()).ok());
  EXPECT_EQ(PlanDue(), 2) << "of the tenant, and no other's";
  EXPECT_EQ(shown(user_), "vacation");
  EXPECT_EQ(claims_.Read(user_, "", Soon())->record.availability.note, "Closed");
  EXPECT_EQ(shown(abroad), "available") << "8:00 in New York";
  EXPECT_EQ(shown(foreign), "custom");
  ASSERT_TRUE(keeper_.UpdateHolidays(user_.tenant, {}, "", Soon()).ok());
  EXPECT_EQ(PlanDue(), 2);
  EXPECT_EQ(shown(user_), "custom");
}

TEST_F(ScheduleStoreTest, HolidaysWrittenWhileAScheduleIsPlannedAreNotMissed) {
  ASSERT_TRUE(keeper_.Update(user_, EveryDay("custom"), "", Soon()).ok());
  const auto read = store_.Read(user_, Soon()).value();
  ASSERT_TRUE(keeper_.UpdateHolidays(user_.tenant, {Day(clock_.Now())}, "", Soon()).ok());
  // A planner that read the holidays before.
  SchedulePlan plan{read.schedule, PlanSchedule(read.schedule, {}, read.now, read.now + days{8}), read.now + days{1},
                    read.etag, read.mark};
  ASSERT_TRUE(store_.Write(user_, plan, Soon()).ok());
  EXPECT_EQ(PlanDue(), 1);
  EXPECT_EQ(claims_.Read(user_, "", Soon())->record.availability.state.value, "vacation");
}

TEST_F(ScheduleStoreTest, AnUnreadableScheduleIsSaidAndHoldsUpNobodyElse) {
  ASSERT_TRUE(keeper_.Update(user_, EveryDay("custom"), "", Soon()).ok());
  const uint8_t shard = ShardOfUser(KeyOf(user_));
  std::string neighbour;
  for (int i = 0; neighbour.empty(); ++i) {
    if (ShardOfUser("acme/n" + std::to_string(i)) == shard) neighbour = "n" + std::to_string(i);
  }
  ASSERT_TRUE(keeper_.Update({{"acme"}, neighbour}, EveryDay("custom"), "", Soon()).ok());
  server_.Command({"SET", ShardKey(shard, "schedule:acme/" + neighbour), "1|{]"});
  clock_.Advance(days{10});
  EXPECT_TRUE(absl::IsInternal(keeper_.PlanDue(shard, Soon()).status()));
  EXPECT_EQ(Claims().size(), 9u);
}

TEST(ScheduleCodec, WhatIsNoScheduleIsNone) {
  for (const char* text : {"", "{", "[]", "{\"zone\":1,\"entries\":[]}", "{\"zone\":\"\",\"entries\":[{}]}"}) {
    EXPECT_FALSE(DecodeSchedule(text)) << text;
  }
  for (const char* text : {"", "{}x", "[{}]", "[{\"day\":\"x\"}]", "7"}) EXPECT_FALSE(DecodeHolidays(text)) << text;
}

}  // namespace
}  // namespace crosspoint::presence
