// The same suite on the fake and on Redis, and what only Redis can show.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "common/redis/client.h"
#include "common/zmq/fake_peer_directory.h"
#include "common/zmq/redis_peer_directory.h"
#include "tests/contract/bus/harness.h"
#include "tests/support/redis_server.h"

namespace crosspoint::bus_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const Peer kOne{"tcp://10.0.0.1:5555", std::string(40, '1')};
const Peer kTwo{"tcp://10.0.0.2:5555", std::string(40, '2')};
constexpr seconds kLease{5};

struct RedisPeers {
  crosspoint::testing::RedisServer server;
  RedisClient client{server.config()};
  RedisPeerDirectory directory{client};
};

class PeerDirectoryContract : public ::testing::TestWithParam<const char*> {
 protected:
  PeerDirectoryContract() {
    if (GetParam() == std::string("redis")) redis_ = std::make_unique<RedisPeers>();
  }
  PeerDirectory& directory() { return redis_ ? static_cast<PeerDirectory&>(redis_->directory) : fake_; }
  std::vector<Peer> List(const std::string& channel = "presence") {
    const auto listed = directory().List(channel);
    EXPECT_TRUE(listed.ok()) << listed.status();
    return listed.value_or(std::vector<Peer>{});
  }
  void Register(const Peer& peer, const std::string& channel = "presence") {
    const auto status = directory().Register(channel, peer, kLease);
    EXPECT_TRUE(status.ok()) << status;
  }

 private:
  std::unique_ptr<RedisPeers> redis_;
  FakePeerDirectory fake_;
};

TEST_P(PeerDirectoryContract, ListsWhoRegistered) {
  EXPECT_THAT(List(), IsEmpty());
  Register(kOne);
  Register(kTwo);
  Register(kOne);
  EXPECT_THAT(List(), UnorderedElementsAre(kOne, kTwo));
}

TEST_P(PeerDirectoryContract, ChannelsAreApart) {
  Register(kOne, "presence");
  Register(kTwo, "hints");
  EXPECT_THAT(List("presence"), ElementsAre(kOne));
  EXPECT_THAT(List("hints"), ElementsAre(kTwo));
}

TEST_P(PeerDirectoryContract, NewKeyAtTheSameAddressReplacesTheOld) {
  const Peer reborn{kOne.endpoint, std::string(40, '3')};
  Register(kOne);
  Register(reborn);
  EXPECT_THAT(List(), ElementsAre(reborn));
}

TEST_P(PeerDirectoryContract, LeavingTakesOnlyTheOwnEntryAway) {
  const Peer reborn{kOne.endpoint, std::string(40, '3')};
  Register(reborn);
  Register(kTwo);
  EXPECT_TRUE(directory().Unregister("presence", kOne).ok());
  EXPECT_TRUE(directory().Unregister("presence", kTwo).ok());
  EXPECT_TRUE(directory().Unregister("presence", kTwo).ok());
  EXPECT_THAT(List(), ElementsAre(reborn));
}

INSTANTIATE_TEST_SUITE_P(All, PeerDirectoryContract, ::testing::Values("fake", "redis"),
                         [](const auto& param) { return std::string(param.param); });

TEST(RedisPeerDirectory, LeaseThatIsNotRenewedRunsOut) {
  RedisPeers redis;
  ASSERT_TRUE(redis.directory.Register("presence", kOne, milliseconds(150)).ok());
  ASSERT_TRUE(redis.directory.Register("presence", kTwo, kLease).ok());
  EXPECT_TRUE(Eventually([&] { return redis.directory.List("presence")->size() == 1; }));
  EXPECT_EQ(redis.server.Command({"HLEN", "cp:{bus}:peers:presence"}).integer(), 1) << "swept out as well";
  ASSERT_TRUE(redis.directory.Register("presence", kOne, kLease).ok());
  EXPECT_THAT(*redis.directory.List("presence"), UnorderedElementsAre(kOne, kTwo));
}

TEST(RedisPeerDirectory, EntriesThatAreNoneAreSweptOut) {
  RedisPeers redis;
  redis.server.Command({"HSET", "cp:{bus}:peers:presence", "tcp://h:1", "no lease"});
  EXPECT_THAT(*redis.directory.List("presence"), IsEmpty());
  EXPECT_EQ(redis.server.Command({"EXISTS", "cp:{bus}:peers:presence"}).integer(), 0);
}

TEST(RedisPeerDirectory, AnOutageIsUnavailableAndEnds) {
  RedisPeers redis;
  ASSERT_TRUE(redis.directory.Register("presence", kOne, kLease).ok());
  redis.server.Kill();
  RedisPeerDirectory hasty(redis.client, milliseconds(100));
  EXPECT_EQ(hasty.List("presence").status().code(), absl::StatusCode::kUnavailable);
  redis.server.Restart();
  EXPECT_TRUE(Eventually([&] { return redis.directory.Register("presence", kOne, kLease).ok(); }));
  EXPECT_THAT(*redis.directory.List("presence"), ElementsAre(kOne));
}

// The real thing: nodes find each other through Redis, outlive its death, and find a newcomer once it is back.
TEST_F(BusTest, NodesOutliveRedis) {
  RedisPeers redis;
  RedisPeerDirectory hasty(redis.client, milliseconds(200));
  peers = &hasty;
  auto a = Join(), b = Join();
  ExpectMeshed({a.get(), b.get()});
  redis.server.Kill();
  const auto received = b->node.Stats().received;
  Change(*a, "user", "without Redis");
  ExpectCaughtUp(*b);
  EXPECT_GT(b->node.Stats().received, received);
  redis.server.Restart();
  auto c = Join();
  ExpectMeshed({a.get(), b.get(), c.get()});
}

}  // namespace
}  // namespace crosspoint::bus_test
