#pragma once

#include <chrono>

#include "common/redis/client.h"
#include "directory/app/ports.h"

namespace crosspoint::directory {

// Snapshots of corporate lists in Redis: cp:{directory:TENANT}:list:ID, a list of JSON entries, kept half an hour;
// cp:{directory:TENANT}:list, the id that new readers begin with while it is fresh.
class RedisListSnapshots final : public ListSnapshots {
 public:
  RedisListSnapshots(RedisClient& redis, std::chrono::seconds fresh_for) : redis_(redis), fresh_for_(fresh_for) {}

  absl::Status Put(const TenantId& tenant, const std::string& id, const std::vector<CorporateEntry>& entries,
                   Deadline deadline) override;
  absl::StatusOr<std::string> Newest(const TenantId& tenant, Deadline deadline) override;
  absl::StatusOr<Page> Read(const TenantId& tenant, const std::string& id, size_t offset, size_t count,
                            Deadline deadline) override;

 private:
  RedisClient& redis_;
  const std::chrono::seconds fresh_for_;
};

}  // namespace crosspoint::directory
