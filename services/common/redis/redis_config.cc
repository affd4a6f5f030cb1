#include "common/redis/redis_config.h"

#include "common/redis/address.h"
#include "common/status/status.h"

namespace crosspoint {

absl::Status RedisConfig::Validate() const {
  if (!ParseRedisAddress(address).ok()) {
    return InvalidField("redis.address", "must be host:port, [v6]:port or unix:/path");
  }
  if (!user.empty() && password_file.empty()) {
    return InvalidField("redis.password_file", "must be set when redis.user is");
  }
  if (tls.cert_file.empty() != tls.key_file.empty()) {
    return InvalidField("redis.tls.key_file", "cert_file and key_file go together");
  }
  if (durability == RedisDurability::kWaitAll && (replicas < 1 || replicas > 8)) {
    return InvalidField("redis.replicas", "must be 1 to 8 with durability wait_all");
  }
  if (durability == RedisDurability::kWaitOne && !allow_loss) {
    return InvalidField("redis.allow_loss",
                        "must be true with durability wait_one, which can lose acknowledged writes");
  }
  if (connect_timeout.count() < 1) return InvalidField("redis.connect_timeout", "must be positive");
  if (default_deadline.count() < 1) return InvalidField("redis.default_deadline", "must be positive");
  if (stall_timeout.count() < 1) return InvalidField("redis.stall_timeout", "must be positive");
  if (max_pending < 1) return InvalidField("redis.max_pending", "must be at least 1");
  if (max_pending_bytes < 1024) return InvalidField("redis.max_pending_bytes", "must be at least 1024");
  return absl::OkStatus();
}

}  // namespace crosspoint
