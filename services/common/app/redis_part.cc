#include "common/app/redis_part.h"

#include <algorithm>
#include <string>

#include "common/app/app.h"
#include "common/app/redis_metrics.h"
#include "common/redis/client.h"

namespace crosspoint {

RedisClient& MakeRedis(App& app, const RedisConfig& config) {
  std::string name = "crosspoint-" + std::string(app.service());
  std::replace(name.begin(), name.end(), '_', '-');
  auto& metrics = app.Make<RedisMetrics>(app.metrics());
  return app.Make<RedisClient>(config,
                               RedisClientOptions{.client_name = name, .observer = &metrics, .log = &app.log()});
}

}  // namespace crosspoint
