#include <atomic>
#include <latch>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "common/redis/blocking_connection.h"
#include "common/redis/client.h"
#include "tests/contract/redis/fixture.h"
#include "tests/support/tcp_gate.h"

namespace crosspoint::testing {
namespace {

using Reach = RedisServerOptions::Reach;

class RedisRecoveryTest : public BothServers {
 protected:
  RedisServerOptions Tcp() const {
    auto options = Options();
    options.reach = Reach::kTcp;
    return options;
  }

  static RedisConfig Through(const RedisServer& server, const TcpGate& gate) {
    auto config = server.config();
    config.address = gate.address();
    return config;
  }
};
CROSSPOINT_ON_BOTH_SERVERS(RedisRecoveryTest);

TEST_P(RedisRecoveryTest, NothingAcknowledgedIsLostWhenRedisIsKilledUnderLoad) {
  RedisServer server(Options());
  RedisClient client(server.config());
  std::atomic<bool> stop{false};
  std::mutex mu;
  std::set<std::string> acknowledged;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 8; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; !stop; ++i) {
        const auto member = std::to_string(writer) + ":" + std::to_string(i);
        if (!client.CallDurable({"SADD", "cp:{t}:set", member}, In(seconds(5))).ok()) continue;
        const std::lock_guard lock(mu);
        acknowledged.insert(member);
      }
    });
  }
  const auto count = [&] {
    const std::lock_guard lock(mu);
    return acknowledged.size();
  };
  for (int round = 0; round < 3; ++round) {
    const auto before = count();
    ASSERT_TRUE(Eventually([&] { return count() > before + 200; })) << "no progress in round " << round;
    server.Kill();
    server.Restart();
  }
  const auto before = count();
  EXPECT_TRUE(Eventually([&] { return count() > before + 200; })) << "does not recover";
  stop = true;
  for (auto& writer : writers) writer.join();
  server.Kill();
  server.Restart();
  std::set<std::string> kept;
  for (const auto& member : server.Command({"SMEMBERS", "cp:{t}:set"}).array()) kept.insert(member.text());
  for (const auto& member : acknowledged) ASSERT_TRUE(kept.count(member)) << member << " was acknowledged and is lost";
}

TEST_P(RedisRecoveryTest, StartsWithoutRedisAndServesWhenItComes) {
  RedisServer server(Options());
  server.Stop();
  RedisClient client(server.config());
  const auto status = client.Call({"PING"}, In(milliseconds(100))).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(status), "REDIS_UNAVAILABLE");
  EXPECT_EQ(HappenedOf(status), "no");
  EXPECT_EQ(client.Ping().code(), absl::StatusCode::kUnavailable);
  server.Restart();
  EXPECT_OK(client.Call({"PING"}, Soon()).status());
  EXPECT_OK(client.Ping());
}

TEST_P(RedisRecoveryTest, CommandInFlightWhenTheWireBreaksIsUnknown) {
  const RedisServer server(Tcp());
  TcpGate gate("127.0.0.1:" + std::to_string(server.port()));
  RedisClient client(Through(server, gate));
  ASSERT_OK(client.Call({"PING"}, Soon()).status());
  gate.Hold(TcpGate::Direction::kToClient);
  std::latch done(1);
  absl::Status status;
  client.CallAsync({"INCR", "n"}, Soon(), [&](const auto& reply) {
    status = reply.status();
    done.count_down();
  });
  ASSERT_TRUE(Eventually([&] { return server.Command({"GET", "n"}).text() == "1"; }));
  gate.Sever();
  done.wait();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(HappenedOf(status), "unknown");
  gate.Restore();
  EXPECT_OK(client.Call({"PING"}, Soon()).status());
}

TEST_P(RedisRecoveryTest, CommandsWaitForTheConnectionInsideTheirDeadlines) {
  const RedisServer server(Tcp());
  TcpGate gate("127.0.0.1:" + std::to_string(server.port()));
  RedisClient client(Through(server, gate));
  ASSERT_OK(client.Call({"PING"}, Soon()).status());
  gate.Cut();
  ASSERT_TRUE(Eventually([&] { return !client.connected(); }));
  std::latch done(1);
  absl::Status status;
  client.CallAsync({"SET", "k", "1"}, Soon(), [&](const auto& reply) {
    status = reply.status();
    done.count_down();
  });
  EXPECT_FALSE(client.Call({"PING"}, In(milliseconds(50))).ok());
  gate.Restore();
  done.wait();
  EXPECT_OK(status);
}

TEST_P(RedisRecoveryTest, SilentConnectionIsDroppedAndReplaced) {
  const RedisServer server(Tcp());
  TcpGate gate("127.0.0.1:" + std::to_string(server.port()));
  auto config = Through(server, gate);
  config.stall_timeout = milliseconds(200);
  config.connect_timeout = milliseconds(200);
  RedisClient client(config);
  ASSERT_OK(client.Call({"PING"}, Soon()).status());
  gate.Hold();
  // Even with nobody asking, the heartbeat notices.
  EXPECT_TRUE(Eventually([&] { return !client.connected(); }));
  EXPECT_EQ(client.Call({"PING"}, In(milliseconds(50))).status().code(), absl::StatusCode::kUnavailable);
  gate.Restore();
  EXPECT_OK(client.Call({"PING"}, Soon()).status());
}

TEST_P(RedisRecoveryTest, FrozenServerMeansDeadlineExceededThenRecovery) {
  RedisServer server(Options());
  RedisClient client(server.config());
  ASSERT_OK(client.Call({"PING"}, Soon()).status());
  server.Freeze();
  const auto status = client.Call({"INCR", "n"}, In(milliseconds(80))).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(HappenedOf(status), "unknown");
  server.Thaw();
  EXPECT_OK(client.Call({"PING"}, Soon()).status());
}

TEST_P(RedisRecoveryTest, SlowWireDelaysButPipelines) {
  const RedisServer server(Tcp());
  TcpGate gate("127.0.0.1:" + std::to_string(server.port()));
  RedisClient client(Through(server, gate));
  ASSERT_OK(client.Call({"PING"}, Soon()).status());
  gate.Delay(milliseconds(50));
  const auto begin = std::chrono::steady_clock::now();
  std::latch done(100);
  for (int i = 0; i < 100; ++i) {
    client.CallAsync({"INCR", "n"}, Soon(), [&](const auto& reply) {
      EXPECT_OK(reply.status());
      done.count_down();
    });
  }
  done.wait();
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(took, milliseconds(100));
  EXPECT_LT(took, milliseconds(2000)) << "one round trip each would take 10 s";
}

TEST_P(RedisRecoveryTest, GarbageFromTheServerDropsTheConnection) {
  // A TLS server answers a plain greeting with an alert, which is no RESP.
  auto options = Options();
  options.reach = Reach::kTls;
  RedisServer server(options);
  auto config = server.config();
  config.tls.enabled = false;
  RedisClient client(config);
  const auto status = client.Call({"PING"}, In(milliseconds(150))).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  RedisClient right(server.config());
  EXPECT_OK(right.Call({"PING"}, Soon()).status());
}

TEST_P(RedisRecoveryTest, DemotedPrimaryIsLeftAndItsReplacementFound) {
  const RedisServer server(Tcp());
  RedisClient client(server.config());
  ASSERT_OK(client.Call({"SET", "k", "1"}, Soon()).status());
  server.Command({"REPLICAOF", "127.0.0.1", "1"});
  const auto status = client.Call({"SET", "k", "2"}, Soon()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(status), "REDIS_READ_ONLY");
  server.Command({"REPLICAOF", "NO", "ONE"});
  EXPECT_OK(client.Call({"SET", "k", "3"}, Soon()).status());
}

TEST_P(RedisRecoveryTest, BlockingReadEndsByReplyDeadlineInterruptAndReconnects) {
  RedisServer server(Options());
  RedisBlockingConnection connection(server.config());
  EXPECT_EQ(connection.Call({"BLPOP", "list", "0"}, In(milliseconds(50))).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  server.Restart();
  server.Command({"RPUSH", "list", "a"});
  const auto reply = connection.Call({"BLPOP", "list", "0"}, Soon());
  ASSERT_OK(reply.status());
  EXPECT_EQ(reply->array()[1].text(), "a");
  std::thread interrupter([&] { connection.Interrupt(); });
  EXPECT_EQ(connection.Call({"BLPOP", "list", "0"}, Soon()).status().code(), absl::StatusCode::kCancelled);
  interrupter.join();
}

}  // namespace
}  // namespace crosspoint::testing
