// Nodes over real sockets with CURVE, in one process.
#include <gtest/gtest.h>

#include <string>

#include "common/zmq/lossy_publisher.h"
#include "tests/contract/bus/harness.h"

namespace crosspoint::bus_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(BusTest, EveryNodeHearsEveryChangeInOrder) {
  auto a = Join(), b = Join(), c = Join();
  ExpectMeshed({a.get(), b.get(), c.get()});
  for (int i = 0; i < 500; ++i) {
    Change(*a, "user" + std::to_string(i % 40), "a" + std::to_string(i));
    Change(*b, "user" + std::to_string(i % 40), "b" + std::to_string(i));
  }
  for (Member* member : {a.get(), b.get(), c.get()}) ExpectCaughtUp(*member);
}

TEST_F(BusTest, RequestIdTravelsWithTheChange) {
  auto a = Join(), b = Join();
  ExpectMeshed({a.get(), b.get()});
  {
    const log::Scope scope({.request_id = "request-7", .trace_id = ""});
    Change(*a, "user", "busy");
  }
  EXPECT_TRUE(Eventually([&] { return b->replica.request_id() == "request-7"; }));
}

TEST_F(BusTest, LateJoinerGetsTheStateAndThenTheChanges) {
  auto a = Join();
  for (int i = 0; i < 300; ++i) Change(*a, "user" + std::to_string(i), "before");
  auto b = Join();
  for (int i = 0; i < 300; ++i) Change(*a, "user" + std::to_string(i), "after");
  EXPECT_TRUE(Eventually([&] { return b->node.Synced(); }));
  ExpectCaughtUp(*b);
  EXPECT_EQ(b->replica.All().size(), 300u);
}

TEST_F(BusTest, ChangeWhosePublisherDiedIsFoundByHeartbeat) {
  auto a = Join(), b = Join(), c = Join();
  ExpectMeshed({a.get(), b.get(), c.get()});
  store.Write("user", "written, never published");
  a.reset();
  ExpectCaughtUp(*b);
  ExpectCaughtUp(*c);
  EXPECT_GT(b->node.Stats().gaps, 0u);
  Change(*b, "user", "next");
  ExpectCaughtUp(*c);
}

TEST_F(BusTest, SingleNodeFindsAChangeThatNobodyPublished) {
  auto a = Join();
  ASSERT_TRUE(Eventually([&] { return a->node.Synced(); }));
  store.Write("user", "written by a process that is gone");
  ExpectCaughtUp(*a);
}

TEST_F(BusTest, BadLineIsRepaired) {
  auto a = Join(), b = Join(), c = Join();
  ExpectMeshed({a.get(), b.get(), c.get()});
  LossyPublisher line(a->node, {.drop = 0.1, .duplicate = 0.1, .delay = 0.2, .max_delay = 20}, 42);
  for (int i = 0; i < 5000; ++i) {
    line.Publish(store.Write("user" + std::to_string(i % 100), std::to_string(i)));
    if (i % 10 == 0) Change(*b, "user" + std::to_string(i % 7), std::to_string(i));
  }
  EXPECT_GT(line.dropped(), 0u);
  for (Member* member : {a.get(), b.get(), c.get()}) ExpectCaughtUp(*member);
  EXPECT_GT(c->node.Stats().gaps, 0u);
  line.Flush();  // frames that come when all is long known
  line.SetLosses({});
  line.Publish(store.Write("user", "over a good line"));
  ExpectCaughtUp(*c);
}

TEST_F(BusTest, NewEpochIsFollowedByAll) {
  auto a = Join(), b = Join();
  Change(*a, "user", "of the old store");
  ExpectMeshed({a.get(), b.get()});
  store.BeginEpoch("B");
  ExpectCaughtUp(*a);
  ExpectCaughtUp(*b);
  Change(*a, "user", "of the new store");
  ExpectCaughtUp(*b);
}

TEST_F(BusTest, PeerThatComesBackAtItsAddressWithANewKeyIsHeard) {
  config.heartbeat = seconds(10);  // so that only frames can bring the news
  auto a = Join(), b = Join();
  ExpectMeshed({a.get(), b.get()});
  BusConfig same_place = config;
  same_place.bind = b->node.self().endpoint;
  const std::string old_key = b->node.self().public_key;
  b.reset();
  b = Join(same_place);
  EXPECT_NE(b->node.self().public_key, old_key);
  ExpectMeshed({a.get(), b.get()});
  Change(*b, "user", "busy");
  ExpectCaughtUp(*a);
}

TEST_F(BusTest, PeerThatLeavesIsForgotten) {
  auto a = Join(), b = Join();
  ExpectMeshed({a.get(), b.get()});
  b.reset();
  EXPECT_TRUE(Eventually([&] { return a->node.Stats().peers == 0; }));
  Change(*a, "user", "alone");
  ExpectCaughtUp(*a);
}

TEST_F(BusTest, NodesThatKnowEachOtherTalkOnWithoutTheDirectory) {
  auto a = Join(), b = Join();
  ExpectMeshed({a.get(), b.get()});
  fake_peers.SetAway(true);
  auto c = Join();
  const auto received = b->node.Stats().received;
  Change(*a, "user", "busy");
  ExpectCaughtUp(*b);
  EXPECT_GT(b->node.Stats().received, received);
  EXPECT_EQ(c->node.Stats().peers, 0u);
  fake_peers.SetAway(false);
  ExpectMeshed({a.get(), b.get(), c.get()});
}

TEST_F(BusTest, StoreAwayAtTheStartIsWaitedFor) {
  store.Write("user", "busy");
  store.SetAway(true);
  auto a = Join();
  EXPECT_TRUE(Eventually([&] { return a->node.Stats().fetch_failures > 1; }));
  EXPECT_FALSE(a->node.Synced());
  store.SetAway(false);
  EXPECT_TRUE(Eventually([&] { return a->node.Synced(); }));
  ExpectCaughtUp(*a);
}

TEST_F(BusTest, AllAreToldWhileTheStoreIsAwayThatTheyMayBeBehind) {
  auto a = Join(), b = Join();
  ExpectMeshed({a.get(), b.get()});
  store.SetAway(true);
  for (auto* member : {a.get(), b.get()}) {
    EXPECT_TRUE(Eventually([&] { return !member->replica.current(); }));
  }
  store.Write("user", "busy");  // nobody publishes it
  store.SetAway(false);
  for (auto* member : {a.get(), b.get()}) {
    EXPECT_TRUE(Eventually([&] { return member->replica.current(); }));
    ExpectCaughtUp(*member);
  }
}

TEST_F(BusTest, ReaderThatFallsBehindLosesFramesAndRecovers) {
  config.high_water_mark = 500;
  auto a = Join(), b = Join();
  ExpectMeshed({a.get(), b.get()});
  b->replica.SetBlocked(true);
  const std::string payload(1000, 'x');  // enough to fill the kernel's buffers too
  constexpr int kFrames = 30'000;
  for (int i = 0; i < kFrames; ++i) Change(*a, "user" + std::to_string(i % 100), payload + std::to_string(i));
  ASSERT_TRUE(Eventually([&] { return a->replica.changes() >= kFrames; }));
  b->replica.SetBlocked(false);
  for (int i = 0; i < 100; ++i) Change(*a, "user" + std::to_string(i), "after");
  ExpectCaughtUp(*b);
  EXPECT_LT(b->node.Stats().received, static_cast<uint64_t>(kFrames)) << "nothing was lost, so nothing was shown";
}

TEST_F(BusTest, BurstOfAHundredThousandFramesIsNotLost) {
  auto a = Join(), b = Join();
  ExpectMeshed({a.get(), b.get()});
  const auto before = b->node.Stats();
  constexpr int kFrames = 100'000;
  for (int i = 0; i < kFrames; ++i) Change(*a, "user" + std::to_string(i % 1000), std::to_string(i));
  ExpectCaughtUp(*b);
  ASSERT_TRUE(Eventually([&] { return b->node.Stats().received >= before.received + kFrames; }));
  EXPECT_EQ(a->node.Stats().dropped, 0u);
}

TEST_F(BusTest, ChannelWithoutAStorePassesFramesOn) {
  store_in_use = nullptr;
  auto a = Join(), b = Join();
  EXPECT_TRUE(a->node.Synced());
  BusFrame hint;
  hint.key = "mailbox";
  EXPECT_TRUE(Eventually([&] {
    a->node.Publish(hint);
    std::this_thread::sleep_for(milliseconds(1));
    return b->node.Stats().received > 0;
  }));
  EXPECT_TRUE(Eventually([&] { return b->replica.All().contains("mailbox"); }));
}

TEST_F(BusTest, FrameTooLargeForTheWireIsCountedAndFoundByHeartbeat) {
  auto a = Join(), b = Join();
  ExpectMeshed({a.get(), b.get()});
  log::Logger silent("bus_test", log::Level::kError);
  Change(*a, "user", std::string(2 << 20, 'x'));
  EXPECT_EQ(a->node.Stats().dropped, 1u);
  ExpectCaughtUp(*a);
  ExpectCaughtUp(*b);
}

TEST_F(BusTest, WrongSettingsAreNamed) {
  const auto start = [&](BusConfig with, const std::string& channel) {
    Replica replica;
    SystemClock clock;
    BusNode node(std::move(with), channel, fake_peers, &store, replica, clock, log);
    return node.Start();
  };
  BusConfig bad = config;
  bad.bind = "tcp://999.0.0.1:1";
  EXPECT_EQ(start(bad, "test").code(), absl::StatusCode::kUnavailable);
  bad = config;
  bad.bind = "tcp://0.0.0.0:*";
  EXPECT_EQ(start(bad, "test").code(), absl::StatusCode::kInvalidArgument);
  bad = config;
  bad.curve_secret_file = "/nowhere";
  EXPECT_EQ(start(bad, "test").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(start(config, "Not A Channel").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(start(config, "test").ok());
}

TEST_F(BusTest, StoppingTwiceIsFineAndQuick) {
  auto a = Join(), b = Join();
  ExpectMeshed({a.get(), b.get()});
  const auto begin = std::chrono::steady_clock::now();
  a->node.Stop();
  a->node.Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(2));
  a->node.Publish(store.Write("user", "after the end"));
  ExpectCaughtUp(*b);
}

}  // namespace
}  // namespace crosspoint::bus_test
