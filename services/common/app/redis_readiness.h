#pragma once

#include "absl/status/status.h"

namespace crosspoint {

class App;
class RedisClient;

// Makes the App's readiness depend on Redis being there and keeping what it is given: the check "redis". A Redis that
// is there now and would lose acknowledged writes is an error at once, so the service refuses to start; one that is
// away is waited for. `redis` must be made by `app`.
//   kFailedPrecondition  REDIS_NOT_DURABLE
absl::Status RequireDurableRedis(App& app, RedisClient& redis);

}  // namespace crosspoint
