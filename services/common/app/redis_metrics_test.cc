#include "common/app/redis_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace crosspoint {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

TEST(RedisMetrics, AllSeriesExistAtZeroFromTheStart) {
  metrics::Registry registry;
  const RedisMetrics metrics(registry);
  const auto text = registry.Exposition();
  EXPECT_THAT(text, HasSubstr("crosspoint_redis_commands_total{code=\"OK\",kind=\"command\"} 0"));
  EXPECT_THAT(text, HasSubstr("crosspoint_redis_commands_total{code=\"UNAVAILABLE\",kind=\"script\"} 0"));
  EXPECT_THAT(text, HasSubstr("crosspoint_redis_connected 0"));
  EXPECT_THAT(text, HasSubstr("crosspoint_redis_disconnects_total 0"));
}

TEST(RedisMetrics, CommandsAndScriptsAreCountedByHowTheyEnd) {
  metrics::Registry registry;
  RedisMetrics metrics(registry);
  metrics.OnConnected();
  metrics.OnCommand("HSET", absl::OkStatus(), milliseconds(1));
  metrics.OnCommand("script:put_claim", absl::AbortedError(""), milliseconds(1));
  metrics.OnCommand("script:put_claim", absl::DataLossError(""), milliseconds(1));
  const auto text = registry.Exposition();
  EXPECT_THAT(text, HasSubstr("crosspoint_redis_commands_total{code=\"OK\",kind=\"command\"} 1"));
  EXPECT_THAT(text, HasSubstr("crosspoint_redis_commands_total{code=\"ABORTED\",kind=\"script\"} 1"));
  EXPECT_THAT(text, HasSubstr("crosspoint_redis_commands_total{code=\"INTERNAL\",kind=\"script\"} 1"));
  EXPECT_THAT(text, HasSubstr("crosspoint_redis_command_duration_seconds_count{kind=\"script\"} 2"));
  EXPECT_THAT(text, HasSubstr("crosspoint_redis_connected 1"));
}

TEST(RedisMetrics, LostConnectionShows) {
  metrics::Registry registry;
  RedisMetrics metrics(registry);
  metrics.OnConnected();
  metrics.OnDisconnected(absl::UnavailableError(""));
  EXPECT_THAT(registry.Exposition(), HasSubstr("crosspoint_redis_connected 0"));
  EXPECT_THAT(registry.Exposition(), HasSubstr("crosspoint_redis_disconnects_total 1"));
  metrics.OnConnected();
  EXPECT_THAT(registry.Exposition(), HasSubstr("crosspoint_redis_connects_total 2"));
}

}  // namespace
}  // namespace crosspoint
