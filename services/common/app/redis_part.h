#pragma once

namespace crosspoint {

class App;
class RedisClient;
struct RedisConfig;

// The App's client of Redis, named after the service, with its log and with metrics (crosspoint_redis_*, see
// redis_metrics.h). Once per App.
RedisClient& MakeRedis(App& app, const RedisConfig& config);

}  // namespace crosspoint
