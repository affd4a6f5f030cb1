#include <atomic>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "common/redis/client.h"
#include "common/redis/persistence.h"
#include "tests/contract/redis/fixture.h"

namespace crosspoint::testing {
namespace {

class RedisPersistenceTest : public BothServers {};
CROSSPOINT_ON_BOTH_SERVERS(RedisPersistenceTest);

absl::Status Check(const RedisConfig& config) {
  RedisClient client(config);
  return CheckPersistence(client, Soon());
}

TEST_P(RedisPersistenceTest, AppendOnlySyncedAlwaysIsAccepted) {
  const RedisServer server(Options());
  EXPECT_OK(Check(server.config()));
}

TEST_P(RedisPersistenceTest, ThrowAwayRedisIsRefusedUnlessAllowed) {
  auto options = Options();
  options.append_only = false;
  const RedisServer server(options);
  auto config = server.config();
  config.allow_volatile = false;
  const auto status = Check(config);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(status), "REDIS_NOT_DURABLE");
  EXPECT_THAT(MessageOf(status), ::testing::HasSubstr("appendonly yes"));
  config.allow_volatile = true;
  EXPECT_OK(Check(config));
}

TEST_P(RedisPersistenceTest, SyncEverySecondIsRefused) {
  const RedisServer server(Options());
  server.Command({"CONFIG", "SET", "appendfsync", "everysec"});
  const auto status = Check(server.config());
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(MessageOf(status), ::testing::HasSubstr("appendfsync always"));
}

TEST_P(RedisPersistenceTest, EvictionIsRefused) {
  auto options = Options();
  options.extra = {"--maxmemory", "50mb", "--maxmemory-policy", "allkeys-lru"};
  const RedisServer server(options);
  const auto status = Check(server.config());
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(MessageOf(status), ::testing::HasSubstr("maxmemory-policy noeviction"));
}

TEST_P(RedisPersistenceTest, ReplicaAndAbsentRedisAreUnavailable) {
  const RedisServer server(Options());
  auto config = server.config();
  config.durability = RedisDurability::kWaitAll;
  config.replicas = 1;
  EXPECT_EQ(Check(config).code(), absl::StatusCode::kUnavailable) << "no replica is connected";
  server.Command({"REPLICAOF", "127.0.0.1", "1"});
  EXPECT_EQ(Check(server.config()).code(), absl::StatusCode::kUnavailable);
}

TEST_P(RedisPersistenceTest, UserWithoutConfigGetIsToldWhatToGrant) {
  auto options = Options();
  options.user = "directory";
  options.rules = "~* +@all -config";
  const RedisServer server(options);
  const auto status = Check(server.config());
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(MessageOf(status), ::testing::HasSubstr("+config|get"));
}

// A primary with one replica, and a client that counts a write only when the replica has it.
class RedisWaitAllTest : public BothServers {
 protected:
  void SetUp() override {
    auto options = Options();
    options.reach = RedisServerOptions::Reach::kTcp;
    primary_ = std::make_unique<RedisServer>(options);
    options.replica_of_port = primary_->port();
    replica_ = std::make_unique<RedisServer>(options);
    ASSERT_TRUE(Eventually([&] {
      return replica_->Command({"INFO", "replication"}).text().find("master_link_status:up") != std::string::npos;
    }));
    config_ = primary_->config();
    config_.durability = RedisDurability::kWaitAll;
    config_.replicas = 1;
  }

  std::unique_ptr<RedisServer> primary_;
  std::unique_ptr<RedisServer> replica_;
  RedisConfig config_;
};
CROSSPOINT_ON_BOTH_SERVERS(RedisWaitAllTest);

TEST_P(RedisWaitAllTest, AcknowledgedWritesAreOnTheReplica) {
  RedisClient client(config_);
  EXPECT_OK(CheckPersistence(client, Soon()));
  for (int i = 0; i < 20; ++i) {
    const auto key = "cp:{t" + std::to_string(i) + "}:k";
    ASSERT_OK(client.CallDurable({"SET", key, "1"}, Soon()).status());
    ASSERT_EQ(replica_->Command({"EXISTS", key}).integer(), 1) << key;
  }
}

TEST_P(RedisWaitAllTest, MissingReplicaStopsDurableWritesAndOnlyThose) {
  RedisClient client(config_);
  ASSERT_OK(client.CallDurable({"SET", "cp:{t}:a", "1"}, Soon()).status());
  replica_->Freeze();
  const auto status = client.CallDurable({"SET", "cp:{t}:b", "1"}, In(milliseconds(200))).status();
  EXPECT_FALSE(status.ok());
  EXPECT_TRUE(ReasonOf(status) == "NOT_DURABLE" || ReasonOf(status) == "REDIS_DEADLINE") << status;
  EXPECT_OK(client.Call({"SET", "cp:{t}:c", "1"}, Soon()).status());
  replica_->Thaw();
  EXPECT_OK(client.CallDurable({"SET", "cp:{t}:d", "1"}, Soon()).status());
}

TEST_P(RedisWaitAllTest, RepeatThatFindsItsWorkDoneWaitsForTheReplicaToo) {
  const RedisScript once("once", R"lua(
    if redis.call('EXISTS', KEYS[1]) == 1 then return 'already' end
    redis.call('SET', KEYS[1], '1')
    return 'made'
  )lua");
  RedisClient client(config_);
  replica_->Freeze();
  EXPECT_FALSE(client.RunScriptDurable(once, {"cp:{t}:k"}, {}, In(milliseconds(150))).ok());
  ASSERT_EQ(primary_->Command({"EXISTS", "cp:{t}:k"}).integer(), 1) << "the first attempt reached the primary alone";
  // Another process, with connections that have written nothing yet.
  RedisClient other(config_);
  EXPECT_FALSE(other.RunScriptDurable(once, {"cp:{t}:k"}, {}, In(milliseconds(150))).ok())
      << "acknowledged though no replica has it";
  replica_->Thaw();
  const auto reply = other.RunScriptDurable(once, {"cp:{t}:k"}, {}, Soon());
  ASSERT_OK(reply.status());
  EXPECT_EQ(reply->text(), "already");
  EXPECT_EQ(replica_->Command({"EXISTS", "cp:{t}:k"}).integer(), 1);
}

TEST_P(RedisWaitAllTest, ManyWritersAreServedInGroupsAndPromotionLosesNothing) {
  RedisClient client(config_);
  std::atomic<int> acknowledged{0};
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 8; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; i < 100; ++i) {
        const auto member = std::to_string(writer) + ":" + std::to_string(i);
        if (client.CallDurable({"SADD", "cp:{t}:set", member}, Soon()).ok()) ++acknowledged;
      }
    });
  }
  for (auto& writer : writers) writer.join();
  primary_->Kill();
  EXPECT_EQ(acknowledged, 800);
  EXPECT_EQ(replica_->Command({"SCARD", "cp:{t}:set"}).integer(), acknowledged);
}

TEST_P(RedisWaitAllTest, UnknownScriptIsSentWithItsSourceOnTheLaneToo) {
  RedisClient client(config_);
  const RedisScript add("add", "return redis.call('INCR', KEYS[1])");
  constexpr int kCount = 100;
  std::latch done(kCount);
  for (int i = 0; i < kCount; ++i) {
    client.RunScriptDurableAsync(add, {"cp:{t}:n"}, {}, Soon(), [&](const auto& reply) {
      EXPECT_OK(reply.status());
      done.count_down();
    });
  }
  done.wait();
  EXPECT_EQ(replica_->Command({"GET", "cp:{t}:n"}).text(), "100");
}

TEST_P(RedisWaitAllTest, PrimaryKilledFailsWritesInFlightThenRecovers) {
  RedisClient client(config_);
  ASSERT_OK(client.CallDurable({"SET", "cp:{t}:a", "1"}, Soon()).status());
  replica_->Freeze();
  std::latch done(1);
  absl::Status status;
  client.CallDurableAsync({"SET", "cp:{t}:b", "1"}, Soon(), [&](const auto& reply) {
    status = reply.status();
    done.count_down();
  });
  ASSERT_TRUE(Eventually([&] { return primary_->Command({"EXISTS", "cp:{t}:b"}).integer() == 1; }));
  primary_->Kill();
  done.wait();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(HappenedOf(status), "unknown");
  replica_->Thaw();
  primary_->Restart();
  EXPECT_TRUE(Eventually([&] { return client.CallDurable({"SET", "cp:{t}:c", "1"}, In(seconds(2))).ok(); }));
}

}  // namespace
}  // namespace crosspoint::testing
