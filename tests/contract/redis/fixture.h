#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "common/redis/client.h"
#include "common/status/status.h"
#include "tests/support/redis_server.h"

namespace crosspoint::testing {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline Deadline In(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }
inline Deadline Soon() { return In(seconds(10)); }

// Asks until it holds; for what other threads and processes do in their own time.
inline bool Eventually(const std::function<bool()>& holds, milliseconds within = seconds(10)) {
  for (const auto give_up = In(within); std::chrono::steady_clock::now() < give_up;) {
    if (holds()) return true;
    std::this_thread::sleep_for(milliseconds(1));
  }
  return holds();
}

inline std::string ReasonOf(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  return info ? info->reason : "";
}

inline std::string HappenedOf(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  return info && info->metadata.count("happened") ? info->metadata.at("happened") : "";
}

inline std::string KindName(const ::testing::TestParamInfo<RedisServerOptions::Kind>& info) {
  return info.param == RedisServerOptions::Kind::kRedis ? "Redis" : "Valkey";
}

// Suites that run on both servers.
class BothServers : public ::testing::TestWithParam<RedisServerOptions::Kind> {
 protected:
  RedisServerOptions Options() const {
    RedisServerOptions options;
    options.kind = GetParam();
    return options;
  }
};

#define CROSSPOINT_ON_BOTH_SERVERS(suite) \
  INSTANTIATE_TEST_SUITE_P(               \
      Both, suite, ::testing::Values(RedisServerOptions::Kind::kRedis, RedisServerOptions::Kind::kValkey), KindName)

#define ASSERT_OK(expression) ASSERT_EQ((expression), absl::OkStatus())
#define EXPECT_OK(expression) EXPECT_EQ((expression), absl::OkStatus())

}  // namespace crosspoint::testing
