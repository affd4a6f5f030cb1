#include "common/app/redis_server_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace crosspoint {
namespace {

using ::testing::HasSubstr;

constexpr char kInfo[] =
    "# Memory\r\nused_memory:1048576\r\nused_memory_human:1.00M\r\nmaxmemory:4194304\r\nmaxmemory_policy:noeviction\r\n"
    "# Persistence\r\naof_last_write_status:err\r\naof_current_size:77\r\n# Clients\r\nconnected_clients:12\r\n"
    "uptime_in_seconds:9\r\n";

TEST(RedisServerMetrics, AllSeriesExistAtZeroFromTheStart) {
  metrics::Registry registry;
  const RedisServerMetrics metrics(registry);
  EXPECT_THAT(registry.Exposition(), HasSubstr("crosspoint_redis_server_aof_failing 0"));
  EXPECT_THAT(registry.Exposition(), HasSubstr("crosspoint_redis_server_memory_used_bytes 0"));
}

TEST(RedisServerMetrics, TellsWhatInfoTells) {
  metrics::Registry registry;
  RedisServerMetrics metrics(registry);
  metrics.Update(kInfo);
  const auto text = registry.Exposition();
  EXPECT_THAT(text, HasSubstr("crosspoint_redis_server_memory_used_bytes 1048576"));
  EXPECT_THAT(text, HasSubstr("crosspoint_redis_server_memory_limit_bytes 4194304"));
  EXPECT_THAT(text, HasSubstr("crosspoint_redis_server_aof_size_bytes 77"));
  EXPECT_THAT(text, HasSubstr("crosspoint_redis_server_clients 12"));
  EXPECT_THAT(text, HasSubstr("crosspoint_redis_server_uptime_seconds 9"));
  EXPECT_THAT(text, HasSubstr("crosspoint_redis_server_aof_failing 1"));
}

TEST(RedisServerMetrics, FileThatIsWrittenAgainShowsAndWhatIsNotToldStays) {
  metrics::Registry registry;
  RedisServerMetrics metrics(registry);
  metrics.Update(kInfo);
  metrics.Update("aof_last_write_status:ok\r\nused_memory:not a number\r\n");
  EXPECT_THAT(registry.Exposition(), HasSubstr("crosspoint_redis_server_aof_failing 0"));
  EXPECT_THAT(registry.Exposition(), HasSubstr("crosspoint_redis_server_memory_used_bytes 1048576"));
}

}  // namespace
}  // namespace crosspoint
