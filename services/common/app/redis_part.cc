#include "common/app/redis_part.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>

#include "common/app/app.h"
#include "common/app/redis_metrics.h"
#include "common/app/redis_server_metrics.h"
#include "common/redis/client.h"

namespace crosspoint {
namespace {

constexpr std::chrono::seconds kInfoInterval{10};
constexpr std::chrono::seconds kInfoLimit{2};

void ReadServerMetrics(RedisClient& redis, RedisServerMetrics& metrics, const std::stop_token& stop) {
  std::mutex mu;
  std::condition_variable_any wake;
  while (!stop.stop_requested()) {
    const auto info = redis.Call({"INFO"}, std::chrono::steady_clock::now() + kInfoLimit);
    if (info.ok()) metrics.Update(info->text());
    std::unique_lock lock(mu);
    wake.wait_for(lock, stop, kInfoInterval, [] { return false; });
  }
}

}  // namespace

RedisClient& MakeRedis(App& app, const RedisConfig& config) {
  std::string name = "crosspoint-" + std::string(app.service());
  std::replace(name.begin(), name.end(), '_', '-');
  auto& metrics = app.Make<RedisMetrics>(app.metrics());
  auto& redis =
      app.Make<RedisClient>(config, RedisClientOptions{.client_name = name, .observer = &metrics, .log = &app.log()});
  auto& server = app.Make<RedisServerMetrics>(app.metrics());
  app.RunInBackground("redis_info",
                      [&redis, &server](const std::stop_token& stop) { ReadServerMetrics(redis, server, stop); });
  return redis;
}

}  // namespace crosspoint
