#include "common/app/redis_readiness.h"

#include <memory>

#include "common/app/app.h"
#include "common/redis/client.h"
#include "common/redis/persistence.h"

namespace crosspoint {
namespace {

constexpr std::chrono::milliseconds kFirstLook{300};
constexpr std::chrono::milliseconds kLook{500};

Deadline In(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

}  // namespace

absl::Status RequireDurableRedis(App& app, RedisClient& redis) {
  const auto at_start = CheckPersistence(redis, In(kFirstLook));
  if (absl::IsFailedPrecondition(at_start)) return at_start;
  // Asked again after every outage: what comes back may be another Redis.
  auto checked = std::make_shared<bool>(at_start.ok());  // shared with the check, which outlives this function
  app.AddReadinessCheck("redis", [&redis, checked]() -> absl::Status {
    auto status = redis.Ping();
    if (status.ok() && !*checked) status = CheckPersistence(redis, In(kLook));
    *checked = status.ok();
    return status;
  });
  return absl::OkStatus();
}

}  // namespace crosspoint
