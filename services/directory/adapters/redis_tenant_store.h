#pragma once

#include <string>
#include <vector>

#include "common/redis/client.h"
#include "directory/app/tenant_ports.h"

namespace crosspoint::directory {

// Tenants in Redis, all under one tag, `cp:{directory:_}:` ("_" is no tenant):
//   tenants  hash  id -> JSON of what a caller may set     revisions  hash  id -> revision
//   ids      zset  all ids, for listing in order           request:ID  string  hash and tenant id, 24 hours
// Each write is one script.
class RedisTenantStore final : public TenantStore {
 public:
  explicit RedisTenantStore(RedisClient& redis) : redis_(redis) {}

  absl::StatusOr<Tenant> Create(const Tenant& tenant, const std::string& request_id, const std::string& request_hash,
                                Deadline deadline) override;
  absl::Status Ensure(const Tenant& tenant, Deadline deadline) override;
  absl::StatusOr<Tenant> Get(const TenantId& id, Deadline deadline) override;
  absl::StatusOr<Tenant> Update(const Tenant& tenant, uint64_t revision, Deadline deadline) override;
  absl::StatusOr<TenantPage> List(const std::string& after, size_t limit, Deadline deadline) override;

 private:
  absl::StatusOr<std::vector<std::string>> Write(const char* mode, const Tenant& tenant, uint64_t revision,
                                                 const std::string& request_id, const std::string& request_hash,
                                                 Deadline deadline);

  RedisClient& redis_;
};

}  // namespace crosspoint::directory
