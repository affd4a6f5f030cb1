#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "common/redis/client.h"
#include "common/status/status.h"
#include "presence/adapters/redis_routing_store.h"
#include "presence/adapters/routing_codec.h"
#include "presence/adapters/shard_keys.h"
#include "presence/app/fake_routing_store.h"
#include "tests/support/redis_server.h"

namespace crosspoint::presence {
namespace {

using namespace std::chrono_literals;

Deadline Soon() { return std::chrono::steady_clock::now() + 10s; }

RoutingProfile SomeProfile() {
  return {{{{"vacation"}, {Ring{{"desk", "+4917"}, true, 12s}, ForwardTo{"+4930|\"x"}}, {ToVoicemail{}}},
           {{"custom"}, {ToAssistant{{{"acme"}, "u2"}}}, {}}}};
}

std::vector<RoutingRule> SomeRules() {
  RoutingRule rule;
  rule.id = "r1";
  rule.callers = {"+49", kWithheld};
  rule.caller_groups = {"Familie Müller"};
  rule.called_numbers = {"4711"};
  rule.states = {{"vacation"}};
  rule.times = {WeeklyTime{"Europe/Berlin", 0b0011111, 8h, 18h}};
  rule.steps = {Ring{}, ToVoicemail{}};
  RoutingRule all;
  all.id = "r2";
  all.steps = {ToVoicemail{}};
  return {rule, all};
}

class RoutingStoreContract : public ::testing::TestWithParam<bool> {
 protected:
  RoutingStore& store() {
    if (!GetParam()) return fake_;
    if (!redis_) {
      server_ = std::make_unique<testing::RedisServer>();
      redis_ = std::make_unique<RedisClient>(server_->config());
      redis_store_ = std::make_unique<RedisRoutingStore>(*redis_);
    }
    return *redis_store_;
  }
  UserRouting Read(const UserId& user) { return store().Read(user, Soon()).value(); }

  const UserId user_{{"acme"}, "u1"};
  FakeRoutingStore fake_;
  std::unique_ptr<testing::RedisServer> server_;
  std::unique_ptr<RedisClient> redis_;
  std::unique_ptr<RedisRoutingStore> redis_store_;
};

TEST_P(RoutingStoreContract, AUserWhoNeverSpokeHasNothingAndAnEtag) {
  const auto routing = Read(user_);
  EXPECT_TRUE(routing.profile.states.empty());
  EXPECT_TRUE(routing.rules.empty());
  EXPECT_FALSE(routing.profile_etag.empty());
  EXPECT_TRUE(store().WriteProfile(user_, SomeProfile(), routing.profile_etag, Soon()).ok());
}

TEST_P(RoutingStoreContract, ProfileAndRulesAreReadBackAsWrittenEachWithItsEtag) {
  const auto profile_etag = store().WriteProfile(user_, SomeProfile(), "", Soon());
  ASSERT_TRUE(profile_etag.ok()) << profile_etag.status();
  const auto rules_etag = store().WriteRules(user_, SomeRules(), "", Soon());
  ASSERT_TRUE(rules_etag.ok()) << rules_etag.status();
  const auto routing = Read(user_);
  EXPECT_EQ(routing.profile, SomeProfile());
  EXPECT_EQ(routing.profile_etag, *profile_etag);
  EXPECT_EQ(routing.rules, SomeRules());
  EXPECT_EQ(routing.rules_etag, *rules_etag);
  EXPECT_TRUE(Read(UserId{{"acme"}, "u2"}).profile.states.empty());
}

TEST_P(RoutingStoreContract, AStaleEtagIsAbortedAndNothingIsWritten) {
  const auto first = store().WriteProfile(user_, SomeProfile(), "", Soon());
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(store().WriteProfile(user_, {}, *first, Soon()).ok());
  const auto stale = store().WriteProfile(user_, SomeProfile(), *first, Soon());
  EXPECT_EQ(GetErrorInfo(stale.status())->reason, "ETAG_STALE");
  EXPECT_EQ(stale.status().code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(Read(user_).profile.states.empty());
}

TEST_P(RoutingStoreContract, TheSameAgainKeepsTheEtag) {
  const auto first = store().WriteRules(user_, SomeRules(), "", Soon());
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(*store().WriteRules(user_, SomeRules(), "", Soon()), *first);
  EXPECT_EQ(*store().WriteRules(user_, SomeRules(), *first, Soon()), *first);
}

INSTANTIATE_TEST_SUITE_P(Stores, RoutingStoreContract, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "Redis" : "Model"; });

TEST(RedisRoutingStore, WhatIsNoRoutingIsAnErrorAndNotAnEmptyOne) {
  testing::RedisServer server;
  RedisClient redis(server.config());
  RedisRoutingStore store(redis);
  const UserId user{{"acme"}, "u1"};
  const auto key = ShardKey(ShardOfUser(KeyOf(user)), "routing:" + KeyOf(user));
  for (const char* bad : {"", "1", "1|", "1|[]", "1|{\"states\":[{}]}"}) {
    ASSERT_TRUE(redis.Call({"HSET", key, "profile", bad}, Soon()).ok());
    EXPECT_EQ(store.Read(user, Soon()).status().code(), absl::StatusCode::kInternal) << bad;
  }
}

}  // namespace
}  // namespace crosspoint::presence
