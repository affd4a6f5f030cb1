#include "common/redis/script.h"

#include <latch>

#include "tests/contract/redis/fixture.h"

namespace crosspoint::testing {
namespace {

class RedisScriptTest : public BothServers {};
CROSSPOINT_ON_BOTH_SERVERS(RedisScriptTest);

const RedisScript kAdd("add", "return redis.call('INCRBY', KEYS[1], ARGV[1])");

TEST_P(RedisScriptTest, RunsUnknownThenKnownThenForgotten) {
  const RedisServer server(Options());
  RedisClient client(server.config());
  for (const int expected : {5, 10}) {
    const auto reply = client.RunScript(kAdd, {"cp:{t}:n"}, {"5"}, Soon());
    ASSERT_OK(reply.status());
    EXPECT_EQ(reply->integer(), expected);
  }
  EXPECT_EQ(server.Command({"SCRIPT", "EXISTS", kAdd.sha1()}).array()[0].integer(), 1);
  server.Command({"SCRIPT", "FLUSH"});
  const auto reply = client.RunScript(kAdd, {"cp:{t}:n"}, {"5"}, Soon());
  ASSERT_OK(reply.status());
  EXPECT_EQ(reply->integer(), 15);
}

TEST_P(RedisScriptTest, ManyAtOnceWithAnUnknownScriptAllRunOnce) {
  const RedisServer server(Options());
  RedisClient client(server.config());
  constexpr int kCount = 500;
  std::latch done(kCount);
  for (int i = 0; i < kCount; ++i) {
    client.RunScriptDurableAsync(kAdd, {"cp:{t}:n"}, {"1"}, Soon(), [&](const auto& reply) {
      EXPECT_OK(reply.status());
      done.count_down();
    });
  }
  done.wait();
  EXPECT_EQ(server.Command({"GET", "cp:{t}:n"}).text(), std::to_string(kCount));
}

TEST_P(RedisScriptTest, KeysOfDifferentTagsAreRefusedUnsent) {
  const RedisServer server(Options());
  RedisClient client(server.config());
  const auto status = client.RunScript(kAdd, {"cp:{a}:n", "cp:{b}:n"}, {"1"}, Soon()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "REDIS_CROSS_TAG");
  EXPECT_EQ(server.Command({"DBSIZE"}).integer(), 0);
}

TEST_P(RedisScriptTest, FencedRefusalIsAborted) {
  const RedisServer server(Options());
  RedisClient client(server.config());
  const RedisScript fenced("fenced", "return redis.error_reply('FENCED lease lost')");
  const auto status = client.RunScriptDurable(fenced, {"cp:{t}:n"}, {}, Soon()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ReasonOf(status), "FENCED");
}

}  // namespace
}  // namespace crosspoint::testing
