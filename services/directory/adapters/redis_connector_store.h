#pragma once

#include "common/redis/client.h"
#include "directory/app/tenant_ports.h"

namespace crosspoint::directory {

// Connector pages in Redis: cp:{directory:TENANT}:connector, a hash of enabled, address, username, password, secret,
// rev.
class RedisConnectorStore final : public ConnectorStore {
 public:
  explicit RedisConnectorStore(RedisClient& redis) : redis_(redis) {}

  absl::StatusOr<std::optional<ConnectorPage>> Get(const TenantId& tenant, Deadline deadline) override;
  absl::StatusOr<ConnectorPage> Put(const TenantId& tenant, const ConnectorPage& page, uint64_t revision,
                                    Deadline deadline) override;

 private:
  RedisClient& redis_;
};

}  // namespace crosspoint::directory
