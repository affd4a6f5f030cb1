#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/component/presence/presence_replica.h"

namespace crosspoint::testing {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class PresenceReplicas : public ::testing::Test {
 protected:
  std::unique_ptr<PresenceReplica> Start(PresenceReplica::Options options = {}) {
    auto replica = std::make_unique<PresenceReplica>(redis_, *keys_, options);
    EXPECT_TRUE(replica->WaitUntilLoaded());
    return replica;
  }
  std::string Token(const std::string& user) { return keys_->Token("acme", user); }
  PresenceCaller Pbx(const PresenceReplica& replica) {
    return PresenceCaller(replica, keys_->Token("acme", "pbx", {"integrator"}));
  }
  static std::vector<std::string> Users(int count) {
    std::vector<std::string> users;
    for (int i = 0; i < count; ++i) users.push_back("u" + std::to_string(i));
    return users;
  }

  RedisServer redis_;
  CredentialsFolder keys_;
};

TEST_F(PresenceReplicas, ChangeOnOneReachesWatchersOnAll) {
  const auto a = Start();
  const auto b = Start();
  const auto c = Start();
  PresenceWatcher on_a(*a, Token("v"), {"u1"});
  PresenceWatcher on_b(*b, Token("v"), {"u1"});
  PresenceWatcher on_c(*c, Token("v"), {"u1"});
  for (auto* watcher : {&on_a, &on_b, &on_c}) ASSERT_TRUE(watcher->WaitForSynced());
  ASSERT_EQ(Told(PresenceCaller(*a, Token("u1")).Set("u1", "custom")), "OK");
  for (auto* watcher : {&on_a, &on_b, &on_c}) EXPECT_TRUE(watcher->WaitForState("u1", "custom"));
  ASSERT_EQ(Told(PresenceCaller(*c, Token("u1")).Set("u1", "vacation")), "OK");
  for (auto* watcher : {&on_a, &on_b, &on_c}) EXPECT_TRUE(watcher->WaitForState("u1", "vacation"));
}

TEST_F(PresenceReplicas, StreamResumesOnAnotherReplica) {
  const auto a = Start();
  const auto b = Start();
  std::string token;
  {
    PresenceWatcher watcher(*a, Token("v"), {"u1", "u2"});
    ASSERT_TRUE(watcher.WaitForSynced());
    for (const char* state : {"custom", "vacation"}) {
      for (const char* user : {"u1", "u2"}) {
        ASSERT_EQ(Told(PresenceCaller(*a, Token(user)).Set(user, state)), "OK");
        ASSERT_TRUE(watcher.WaitForState(user, state));
      }
    }
    token = watcher.resume_token();
  }
  ASSERT_EQ(Told(PresenceCaller(*a, Token("u1")).Set("u1", "do-not-disturb")), "OK");
  ASSERT_TRUE(WaitFor([&] { return b->State("u1") == "do-not-disturb"; }));
  PresenceWatcher resumed(*b, Token("v"), {"u1", "u2"}, token);
  ASSERT_TRUE(resumed.WaitForSynced());
  EXPECT_TRUE(resumed.WaitForState("u1", "do-not-disturb"));
  EXPECT_FALSE(resumed.saw_gap());
}

TEST_F(PresenceReplicas, ChangeWhosePublisherDiedIsFoundByTheHeartbeat) {
  const auto b = Start();
  PresenceWatcher watcher(*b, Token("v"), {"u1"});
  ASSERT_TRUE(watcher.WaitForSynced());
  {
    const auto mute = Start({.losses = {.drop = 1.0}});  // stores, tells nobody, is gone
    ASSERT_EQ(Told(PresenceCaller(*mute, Token("u1")).Set("u1", "custom")), "OK");
  }
  EXPECT_TRUE(watcher.WaitForState("u1", "custom", 2000ms));
}

TEST_F(PresenceReplicas, LostRepeatedAndLateFramesEndInTheTruth) {
  const Losses bad{.drop = 0.3, .duplicate = 0.2, .delay = 0.3, .max_delay = 8};
  const auto a = Start({.losses = bad});
  const auto b = Start({.losses = bad});
  const auto users = Users(60);
  PresenceWatcher watcher(*b, Token("v"), users);
  ASSERT_TRUE(watcher.WaitForSynced());
  std::mt19937 random(5);
  const char* states[] = {"custom", "vacation", "do-not-disturb", "in-a-meeting", "out-of-office"};
  std::map<std::string, std::string> truth;
  auto on_a = Pbx(*a);
  auto on_b = Pbx(*b);
  for (int i = 0; i < 400; ++i) {
    const auto& user = users[random() % users.size()];
    const std::string state = states[random() % 5];
    ASSERT_EQ(Told((i % 2 == 0 ? on_a : on_b).Put(user, "m1", state, -1s, 3600s)), "OK");
    truth[user] = state;
  }
  EXPECT_TRUE(watcher.WaitForStates(truth, 2000ms));
  EXPECT_GT(a->line().dropped(), 10u);
  for (const auto& [user, state] : truth) {
    EXPECT_TRUE(WaitFor([&] { return a->State(user) == state && b->State(user) == state; }, 2000ms)) << user;
  }
}

TEST_F(PresenceReplicas, ReplicaThatStartsLaterHoldsEverything) {
  const auto a = Start();
  auto pbx = Pbx(*a);
  for (const auto& user : Users(300)) ASSERT_EQ(Told(pbx.Put(user, "m1", "custom", -1s, 3600s)), "OK");
  const auto begin = Clock::now();
  const auto b = Start();
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  EXPECT_EQ(b->users(), 300u);
  std::cout << "loaded 300 users in " << took.count() << " ms\n";
}

// Redis dies under load and comes back: nothing acknowledged is lost, and two seconds later watchers see the truth.
TEST_F(PresenceReplicas, RedisKilledUnderLoadLosesNothingThatWasAcknowledged) {
  const auto a = Start();
  const auto b = Start();
  const auto users = Users(40);
  PresenceWatcher on_a(*a, Token("v"), users);
  PresenceWatcher on_b(*b, Token("v"), users);
  ASSERT_TRUE(on_a.WaitForSynced() && on_b.WaitForSynced());

  std::atomic<bool> stop = false;
  std::atomic<int> acknowledged = 0;
  std::atomic<int> refused = 0;
  std::map<std::string, std::string> truth;  // of one writer alone; read when it has ended
  std::thread writer([&] {
    auto pbx = Pbx(*a);
    const char* states[] = {"custom", "vacation", "do-not-disturb", "in-a-meeting", "out-of-office"};
    for (int i = 0; !stop; ++i) {
      const auto& user = users[static_cast<size_t>(i) % users.size()];
      const std::string state = states[(static_cast<size_t>(i) / users.size()) % 5];
      const auto told = Told(pbx.Put(user, "m1", state, -1s, 3600s));
      if (told == "OK") {
        truth[user] = state;
        ++acknowledged;
      } else {
        // It may or may not have happened, so it is said again until it is known.
        ++refused;
        EXPECT_THAT(told, ::testing::StartsWith("UNAVAILABLE REDIS_"));
        while (Told(pbx.Put(user, "m1", state, -1s, 3600s)) != "OK") std::this_thread::sleep_for(5ms);
        truth[user] = state;
      }
    }
  });
  ASSERT_TRUE(WaitFor([&] { return acknowledged > 200; }));
  redis_.Kill();
  ASSERT_TRUE(WaitFor([&] { return refused > 0; }));
  pb::Presence during;
  EXPECT_EQ(Told(Pbx(*b).Get("u1", during)), "OK") << "reads go on from memory";
  redis_.Restart();
  const int before = acknowledged;
  ASSERT_TRUE(WaitFor([&] { return acknowledged > before + 100; }));
  stop = true;
  writer.join();
  const auto begin = Clock::now();
  EXPECT_TRUE(on_a.WaitForStates(truth, 2000ms));
  EXPECT_TRUE(on_b.WaitForStates(truth, 2000ms));
  std::cout << acknowledged << " acknowledged, " << refused << " refused, watchers equal to the truth after "
            << std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin).count() << " ms\n";

  // What is on disk is what was acknowledged: kill again and ask a replica that knows nothing.
  redis_.Kill();
  redis_.Restart();
  const auto fresh = Start();
  for (const auto& [user, state] : truth) EXPECT_EQ(fresh->State(user), state) << user;
}

enum class Outage { kKilled, kFrozen };

class PresenceWithoutRedis : public PresenceReplicas, public ::testing::WithParamInterface<Outage> {
 protected:
  void TakeRedisAway() { GetParam() == Outage::kKilled ? redis_.Kill() : redis_.Freeze(); }
  void BringRedisBack() { GetParam() == Outage::kKilled ? redis_.Restart() : redis_.Thaw(); }
};

TEST_P(PresenceWithoutRedis, WatchersKnowThatTheyMayBeStaleAndThenGetTheTruth) {
  const auto a = Start();
  const auto b = Start();
  PresenceWatcher on_a(*a, Token("v"), {"u1"});
  PresenceWatcher on_b(*b, Token("v"), {"u1"});
  for (auto* watcher : {&on_a, &on_b}) ASSERT_TRUE(watcher->WaitForSynced() && watcher->WaitForStale(false));
  TakeRedisAway();
  for (auto* watcher : {&on_a, &on_b}) EXPECT_TRUE(watcher->WaitForStale(true));
  PresenceWatcher late(*a, Token("v"), {"u1"});
  EXPECT_TRUE(late.WaitForStale(true)) << "also who comes meanwhile";
  BringRedisBack();
  for (auto* watcher : {&on_a, &on_b, &late}) EXPECT_TRUE(watcher->WaitForStale(false));
  ASSERT_TRUE(WaitFor([&] { return Told(PresenceCaller(*a, Token("u1")).Set("u1", "vacation")) == "OK"; }));
  for (auto* watcher : {&on_a, &on_b, &late}) EXPECT_TRUE(watcher->WaitForState("u1", "vacation"));
}

INSTANTIATE_TEST_SUITE_P(Outages, PresenceWithoutRedis, ::testing::Values(Outage::kKilled, Outage::kFrozen),
                         [](const auto& info) { return info.param == Outage::kKilled ? "Killed" : "Frozen"; });

TEST_F(PresenceReplicas, EmptiedRedisIsAGapAndAllAgreeAgain) {
  const auto a = Start();
  const auto b = Start();
  PresenceWatcher watcher(*b, Token("v"), {"u1"});
  ASSERT_EQ(Told(PresenceCaller(*a, Token("u1")).Set("u1", "custom")), "OK");
  ASSERT_TRUE(watcher.WaitForState("u1", "custom"));
  redis_.Command({"FLUSHALL"});
  EXPECT_TRUE(watcher.WaitForState("u1", "available", 3000ms));
  EXPECT_TRUE(watcher.saw_gap());
  ASSERT_TRUE(WaitFor([&] { return a->State("u1") == "available"; }));
  ASSERT_EQ(Told(PresenceCaller(*a, Token("u1")).Set("u1", "vacation")), "OK");
  EXPECT_TRUE(watcher.WaitForState("u1", "vacation", 3000ms));
}

}  // namespace
}  // namespace crosspoint::testing
