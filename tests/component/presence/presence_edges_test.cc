#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "presence/app/edge_timers.h"
#include "tests/component/presence/presence_replica.h"

namespace crosspoint::testing {
namespace {

using namespace std::chrono_literals;
using std::chrono::system_clock;

class PresenceEdges : public ::testing::Test {
 protected:
  std::unique_ptr<PresenceReplica> Start() {
    auto replica = std::make_unique<PresenceReplica>(redis_, *keys_);
    EXPECT_TRUE(replica->WaitUntilLoaded());
    return replica;
  }
  PresenceCaller Pbx(const PresenceReplica& replica) {
    return PresenceCaller(replica, keys_->Token("acme", "pbx", {"integrator"}));
  }
  std::string Token() { return keys_->Token("acme", "v"); }

  RedisServer redis_;
  CredentialsFolder keys_;
};

std::chrono::milliseconds Late(system_clock::time_point when, system_clock::time_point due) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(when - due);
}

TEST_F(PresenceEdges, MeetingChangesTheStateAtItsStartAndBackAtItsEndForWatchersOfBothReplicas) {
  const auto a = Start();
  const auto b = Start();
  PresenceWatcher on_a(*a, Token(), {"u1"});
  PresenceWatcher on_b(*b, Token(), {"u1"});
  ASSERT_TRUE(on_a.WaitForSynced() && on_b.WaitForSynced());
  const auto begin = system_clock::now();
  ASSERT_EQ(Told(Pbx(*a).Put("u1", "m1", "do-not-disturb", 700ms, 1400ms, pb::CLAIM_CLASS_OWN_WORD)), "OK");
  for (auto* watcher : {&on_a, &on_b}) {
    ASSERT_TRUE(watcher->WaitToSee("u1", "do-not-disturb"));
    ASSERT_TRUE(watcher->WaitForState("u1", "available"));
    EXPECT_GE(watcher->When("u1", "do-not-disturb"), begin + 700ms);
    EXPECT_LT(Late(watcher->When("u1", "do-not-disturb"), begin + 700ms), 500ms);
    EXPECT_LT(Late(watcher->When("u1", "available"), begin + 1400ms), 500ms);
    EXPECT_EQ(watcher->received(), 3u);  // first state, start, end: each edge once, though both replicas fired it
  }
  EXPECT_TRUE(WaitFor([&] { return a->timers().counters().fired + b->timers().counters().fired == 2; }));
}

TEST_F(PresenceEdges, ManyMeetingsAtTheSameMomentAllTakeEffectInTime) {
  constexpr int kUsers = 1000;
  const auto a = Start();
  const auto b = Start();
  std::vector<std::string> users;
  for (int i = 0; i < kUsers; ++i) users.push_back("u" + std::to_string(i));
  PresenceWatcher watcher(*b, Token(), users);
  ASSERT_TRUE(watcher.WaitForSynced());
  auto pbx = Pbx(*a);
  const auto due = system_clock::now() + 12s;
  for (const auto& user : users) {
    const auto in = std::chrono::duration_cast<std::chrono::microseconds>(due - system_clock::now());
    ASSERT_EQ(Told(pbx.Put(user, "m1", "in-a-meeting", in, in + 3600s)), "OK");
  }
  ASSERT_LT(system_clock::now(), due) << "the machine is too slow for this test to say anything";
  ASSERT_TRUE(WaitFor([&] { return a->timers().armed() == kUsers && b->timers().armed() == kUsers; }));
  std::map<std::string, std::string> all;
  for (const auto& user : users) all[user] = "in-a-meeting";
  ASSERT_TRUE(watcher.WaitForStates(all, 20s));
  std::vector<std::chrono::milliseconds> late;
  for (const auto& user : users) late.push_back(Late(watcher.When(user, "in-a-meeting"), due));
  std::sort(late.begin(), late.end());
  std::cout << kUsers << " edges at once, seen by a watcher: median " << late[kUsers / 2].count() << " ms, last "
            << late.back().count() << " ms late\n";
  EXPECT_GE(late.front().count(), -2);  // the claims' starts differ by less than that
  EXPECT_LT(late.back(), 1000ms);
  // The answers to the replicas may come after the frames to the watcher.
  EXPECT_TRUE(WaitFor([&] { return a->timers().counters().fired + b->timers().counters().fired >= kUsers; }));
  EXPECT_EQ(a->timers().counters().fired + b->timers().counters().fired, static_cast<uint64_t>(kUsers));
}

TEST_F(PresenceEdges, EdgesSurviveTheRestartOfEveryReplica) {
  {
    const auto a = Start();
    ASSERT_EQ(Told(Pbx(*a).Put("u1", "m1", "custom", 600ms, 3600s)), "OK");
    ASSERT_EQ(Told(Pbx(*a).Put("u2", "m1", "custom", -1s, 500ms)), "OK");
  }
  std::this_thread::sleep_for(700ms);  // nobody runs while the edges pass
  const auto b = Start();
  EXPECT_TRUE(WaitFor([&] { return b->State("u1") == "custom" && b->State("u2") == "available"; }));
}

TEST_F(PresenceEdges, RedisAwayAtTheEdgeDelaysItUntilItIsBack) {
  const auto a = Start();
  PresenceWatcher watcher(*a, Token(), {"u1"});
  ASSERT_TRUE(watcher.WaitForSynced());
  ASSERT_EQ(Told(Pbx(*a).Put("u1", "m1", "custom", 500ms, 3600s)), "OK");
  redis_.Kill();
  ASSERT_TRUE(WaitFor([&] { return a->timers().counters().failed > 0; }));
  EXPECT_EQ(watcher.states().at("u1"), "available");
  redis_.Restart();
  EXPECT_TRUE(watcher.WaitForState("u1", "custom", 3000ms));
}

}  // namespace
}  // namespace crosspoint::testing
