#include "common/redis/redis_config.h"

#include <gtest/gtest.h>

#include "common/redis/address.h"
#include "common/status/status.h"

namespace crosspoint {
namespace {

std::string FieldOf(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  return info ? info->metadata.at("field") : "";
}

TEST(RedisConfig, DefaultsAreValid) { EXPECT_TRUE(RedisConfig().Validate().ok()); }

TEST(RedisConfig, AddressIsHostAndPortOrUnixPath) {
  for (const auto* good : {"localhost:6379", "10.0.0.1:1", "[::1]:65535", "unix:/run/redis.sock"}) {
    EXPECT_TRUE(ParseRedisAddress(good).ok()) << good;
  }
  for (const auto* bad :
       {"", "localhost", ":6379", "h:0", "h:65536", "h:x", "h:1x", "::1:6379", "unix:run/redis.sock", "unix:"}) {
    EXPECT_FALSE(ParseRedisAddress(bad).ok()) << bad;
    RedisConfig config;
    config.address = bad;
    EXPECT_EQ(FieldOf(config.Validate()), "redis.address") << bad;
  }
  EXPECT_EQ(ParseRedisAddress("[::1]:7")->host, "::1");
  EXPECT_EQ(ParseRedisAddress("unix:/a/b")->unix_path, "/a/b");
  EXPECT_FALSE(ParseRedisAddress("unix:/" + std::string(107, 'x')).ok());
}

TEST(RedisConfig, WrongFieldsAreNamed) {
  RedisConfig config;
  config.user = "directory";
  EXPECT_EQ(FieldOf(config.Validate()), "redis.password_file");
  config = {};
  config.tls.cert_file = "a.pem";
  EXPECT_EQ(FieldOf(config.Validate()), "redis.tls.key_file");
  config = {};
  config.durability = RedisDurability::kWaitAll;
  EXPECT_EQ(FieldOf(config.Validate()), "redis.replicas");
  config = {};
  config.durability = RedisDurability::kWaitOne;
  EXPECT_EQ(FieldOf(config.Validate()), "redis.allow_loss");
  config.allow_loss = true;
  EXPECT_TRUE(config.Validate().ok());
  config = {};
  config.default_deadline = std::chrono::milliseconds(0);
  EXPECT_EQ(FieldOf(config.Validate()), "redis.default_deadline");
}

}  // namespace
}  // namespace crosspoint
