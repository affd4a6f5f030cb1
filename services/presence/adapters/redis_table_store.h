#pragma once

#include "presence/adapters/shard_keys.h"
#include "presence/app/table_keeper.h"

namespace crosspoint {
class RedisClient;
}

namespace crosspoint::presence {

// Tables among the records of their shards, so that snapshots, frames and heartbeats carry them like any other change.
// Thread-safe.
class RedisTableStore final : public TableStore {
 public:
  // Both must outlive the store.
  RedisTableStore(RedisClient& redis, const KnownEpoch& epoch) : redis_(redis), epoch_(epoch) {}

  absl::StatusOr<StoredTable> Read(const TenantId& tenant, Deadline deadline) override;
  absl::StatusOr<TableChange> Write(const TenantId& tenant, const StoredTable& table, const std::string& etag,
                                    Deadline deadline) override;

 private:
  RedisClient& redis_;
  const KnownEpoch& epoch_;
};

}  // namespace crosspoint::presence
