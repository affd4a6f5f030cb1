#pragma once

#include "absl/status/status.h"
#include "common/redis/client.h"

namespace crosspoint {

// Compares what Redis says about itself with the durability the client is configured for; services call it before they
// serve and treat kFailedPrecondition as a reason not to start.
//   kFailedPrecondition  REDIS_NOT_DURABLE: acknowledged writes could be lost; names the Redis setting to change.
//                        config.allow_volatile turns this off
//   kUnavailable         cannot be told now: no connection, still a replica, or too few replicas are connected
absl::Status CheckPersistence(RedisClient& redis, Deadline deadline);

}  // namespace crosspoint
