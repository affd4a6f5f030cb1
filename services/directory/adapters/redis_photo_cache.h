#pragma once

#include "common/redis/client.h"
#include "directory/app/ports.h"

namespace crosspoint::directory {

// Pictures in Redis: cp:{directory:TENANT}:photo:SIZE:ADDRESS, a hash of etag, type, bytes, fetched, none; kept a day.
class RedisPhotoCache final : public PhotoCache {
 public:
  explicit RedisPhotoCache(RedisClient& redis) : redis_(redis) {}

  absl::StatusOr<std::optional<CachedPhoto>> Get(const TenantId& tenant, const std::string& email, int size,
                                                 Deadline deadline) override;
  absl::Status Put(const TenantId& tenant, const std::string& email, int size, const CachedPhoto& photo,
                   Deadline deadline) override;

 private:
  RedisClient& redis_;
};

}  // namespace crosspoint::directory
