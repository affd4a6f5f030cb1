#include "common/redis/client.h"

#include <atomic>
#include <fstream>
#include <latch>
#include <thread>
#include <vector>

#include "common/redis/observer.h"
#include "tests/contract/redis/fixture.h"

namespace crosspoint::testing {
namespace {

class RedisClientTest : public BothServers {};
CROSSPOINT_ON_BOTH_SERVERS(RedisClientTest);

using Reach = RedisServerOptions::Reach;

void ExpectRoundTrip(const RedisConfig& config) {
  RedisClient client(config);
  const std::string binary("a\0b\r\n\xff", 6);
  ASSERT_OK(client.Call({"SET", "cp:{t}:k", binary}, Soon()).status());
  const auto reply = client.Call({"GET", "cp:{t}:k"}, Soon());
  ASSERT_OK(reply.status());
  EXPECT_EQ(reply->text(), binary);
  EXPECT_OK(client.Ping());
  EXPECT_TRUE(client.connected());
}

TEST_P(RedisClientTest, SpeaksOverUnixSocket) {
  const RedisServer server(Options());
  ExpectRoundTrip(server.config());
}

TEST_P(RedisClientTest, SpeaksOverTcp) {
  auto options = Options();
  options.reach = Reach::kTcp;
  const RedisServer server(options);
  ExpectRoundTrip(server.config());
}

TEST_P(RedisClientTest, SpeaksOverTlsWithClientCertificateAndAclUser) {
  auto options = Options();
  options.reach = Reach::kTls;
  options.require_client_certificate = true;
  options.user = "directory";
  const RedisServer server(options);
  ExpectRoundTrip(server.config());
}

TEST_P(RedisClientTest, LargeRepliesAndRequestsPassOverTls) {
  auto options = Options();
  options.reach = Reach::kTls;
  const RedisServer server(options);
  RedisClient client(server.config());
  const std::string big(5'000'000, 'x');
  ASSERT_OK(client.Call({"SET", "big", big}, Soon()).status());
  const auto reply = client.Call({"MGET", "big", "none", "big"}, Soon());
  ASSERT_OK(reply.status());
  ASSERT_EQ(reply->array().size(), 3U);
  EXPECT_EQ(reply->array()[0].text(), big);
  EXPECT_TRUE(reply->array()[1].is_nil());
  EXPECT_EQ(reply->array()[2].text(), big);
}

TEST_P(RedisClientTest, RefusesServerWithForeignCertificate) {
  auto options = Options();
  options.reach = Reach::kTls;
  const RedisServer server(options);
  const RedisServer stranger(options);
  auto config = server.config();
  config.tls.ca_file = stranger.config().tls.ca_file;
  RedisClient client(config);
  const auto status = client.Call({"PING"}, In(milliseconds(300))).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(MessageOf(status), ::testing::HasSubstr("server certificate"));
}

TEST_P(RedisClientTest, RefusesServerWithAnotherName) {
  auto options = Options();
  options.reach = Reach::kTls;
  const RedisServer server(options);
  auto config = server.config();
  config.tls.server_name = "elsewhere.example";
  RedisClient client(config);
  const auto status = client.Call({"PING"}, In(milliseconds(300))).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(MessageOf(status), ::testing::HasSubstr("server certificate"));
}

TEST_P(RedisClientTest, WrongPasswordIsToldAndTheRightOneIsTakenWithoutRestart) {
  auto options = Options();
  options.user = "directory";
  const RedisServer server(options);
  auto config = server.config();
  config.password_file = server.dir() / "changed";
  std::ofstream(config.password_file) << "wrong";
  RedisClient client(config);
  const auto refused = client.Call({"PING"}, In(milliseconds(200))).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(MessageOf(refused), ::testing::HasSubstr("WRONGPASS"));
  std::ofstream(config.password_file) << "s3cret\n";
  EXPECT_OK(client.Call({"PING"}, Soon()).status());
}

TEST_P(RedisClientTest, AclUserMayOnlyWhatItsRulesSay) {
  auto options = Options();
  options.user = "directory";
  options.rules = "~cp:{directory:* +@read +@write +ping";
  const RedisServer server(options);
  RedisClient client(server.config());
  EXPECT_OK(client.Call({"SET", "cp:{directory:acme}:k", "1"}, Soon()).status());
  const auto denied = client.Call({"SET", "cp:{presence:acme}:k", "1"}, Soon()).status();
  EXPECT_EQ(denied.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(ReasonOf(denied), "REDIS_DENIED");
}

TEST_P(RedisClientTest, ErrorRepliesBecomeStatuses) {
  const RedisServer server(Options());
  RedisClient client(server.config());
  ASSERT_OK(client.Call({"SET", "text", "1"}, Soon()).status());
  EXPECT_EQ(ReasonOf(client.Call({"LPUSH", "text", "1"}, Soon()).status()), "REDIS_WRONG_TYPE");
  EXPECT_EQ(ReasonOf(client.Call({"NONSENSE"}, Soon()).status()), "REDIS_ERROR");
  EXPECT_OK(client.Ping());
}

TEST_P(RedisClientTest, ManyThreadsShareOneConnectionAndGetTheirOwnReplies) {
  const RedisServer server(Options());
  RedisClient client(server.config());
  ASSERT_OK(client.Call({"PING"}, Soon()).status());
  constexpr int kThreads = 16;
  constexpr int kCalls = 300;
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int call = 0; call < kCalls; ++call) {
        const auto text = std::to_string(thread) + "/" + std::to_string(call);
        const auto reply = client.Call({"ECHO", text}, Soon());
        if (!reply.ok() || reply->text() != text) ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  const auto clients = server.Command({"CLIENT", "LIST"}).text();
  EXPECT_EQ(clients.find("name=crosspoint "), clients.rfind("name=crosspoint ")) << clients;
}

TEST_P(RedisClientTest, PlainCommandsOfOneCallerKeepTheirOrder) {
  const RedisServer server(Options());
  RedisClient client(server.config());
  constexpr int kCount = 2000;
  std::latch done(kCount);
  for (int i = 0; i < kCount; ++i) {
    client.CallAsync({"RPUSH", "list", std::to_string(i)}, Soon(), [&](const auto&) { done.count_down(); });
  }
  done.wait();
  const auto list = client.Call({"LRANGE", "list", "0", "-1"}, Soon());
  ASSERT_OK(list.status());
  ASSERT_EQ(list->array().size(), size_t{kCount});
  for (int i = 0; i < kCount; ++i) ASSERT_EQ(list->array()[static_cast<size_t>(i)].text(), std::to_string(i));
}

TEST_P(RedisClientTest, DeadlinePassesAndTheLateReplyIsNobodyElses) {
  const RedisServer server(Options());
  RedisClient client(server.config());
  ASSERT_OK(client.Call({"PING"}, Soon()).status());
  std::latch late(1);
  absl::Status status;
  client.CallAsync({"BLPOP", "nothing", "0.3"}, Soon(), [](const auto&) {});  // holds up what is behind it
  client.CallAsync({"ECHO", "late"}, In(milliseconds(60)), [&](const auto& reply) {
    status = reply.status();
    late.count_down();
  });
  late.wait();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(ReasonOf(status), "REDIS_DEADLINE");
  const auto reply = client.Call({"ECHO", "next"}, Soon());
  ASSERT_OK(reply.status());
  EXPECT_EQ(reply->text(), "next");
}

TEST_P(RedisClientTest, DeadlineInThePastIsRefusedUnsent) {
  const RedisServer server(Options());
  RedisClient client(server.config());
  const auto status = client.Call({"SET", "k", "1"}, In(milliseconds(-1))).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(HappenedOf(status), "no");
  EXPECT_EQ(server.Command({"EXISTS", "k"}).integer(), 0);
}

TEST_P(RedisClientTest, MoreThanMaxPendingIsRefusedAndLaterServed) {
  RedisServer server(Options());
  auto config = server.config();
  config.max_pending = 10;
  RedisClient client(config);
  ASSERT_OK(client.Call({"PING"}, Soon()).status());
  server.Freeze();
  std::atomic<int> refused{0};
  std::latch done(30);
  for (int i = 0; i < 30; ++i) {
    client.CallAsync({"INCR", "n"}, Soon(), [&](const auto& reply) {
      if (ReasonOf(reply.status()) == "REDIS_OVERLOADED") ++refused;
      done.count_down();
    });
  }
  server.Thaw();
  done.wait();
  EXPECT_EQ(refused, 20);
  EXPECT_OK(client.Call({"PING"}, Soon()).status());
}

TEST_P(RedisClientTest, StopFailsWhatWaitsAndWhatComesLater) {
  RedisServer server(Options());
  RedisClient client(server.config());
  ASSERT_OK(client.Call({"PING"}, Soon()).status());
  server.Freeze();
  std::latch done(1);
  absl::Status status;
  client.CallAsync({"PING"}, Soon(), [&](const auto& reply) {
    status = reply.status();
    done.count_down();
  });
  client.Stop();
  done.wait();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(client.Call({"PING"}, Soon()).status().code(), absl::StatusCode::kUnavailable);
  server.Thaw();
}

class CountingObserver : public RedisObserver {
 public:
  void OnCommand(std::string_view name, const absl::Status& status, std::chrono::nanoseconds) override {
    const std::lock_guard lock(mu_);
    seen_.push_back(std::string(name) + (status.ok() ? " ok" : " failed"));
  }
  void OnConnected() override { ++connected_; }
  std::vector<std::string> seen() {
    const std::lock_guard lock(mu_);
    return seen_;
  }
  int connected() const { return connected_; }

 private:
  std::mutex mu_;
  std::vector<std::string> seen_;  // guarded by mu_
  std::atomic<int> connected_{0};
};

TEST_P(RedisClientTest, ObserverSeesCommandsAndScriptsByName) {
  const RedisServer server(Options());
  CountingObserver observer;
  RedisClient client(server.config(), {.observer = &observer});
  const RedisScript script("touch", "return redis.call('SET', KEYS[1], '1')");
  ASSERT_OK(client.Call({"set", "k", "1"}, Soon()).status());
  ASSERT_OK(client.RunScript(script, {"k"}, {}, Soon()).status());
  EXPECT_FALSE(client.Call({"LPUSH", "k", "1"}, Soon()).ok());
  EXPECT_THAT(observer.seen(), ::testing::ElementsAre("SET ok", "script:touch ok", "LPUSH failed"));
  EXPECT_EQ(observer.connected(), 1);
}

}  // namespace
}  // namespace crosspoint::testing
