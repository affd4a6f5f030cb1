#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "presence/app/table_book.h"

namespace crosspoint::presence {

// What the store did with a table.
struct TableChange {
  uint8_t shard = 0;
  StoredTable stored;
  bool changed = false;  // took the shard's next revision, so it must be published
};

// Tables of tenants, durable. Thread-safe.
class TableStore {
 public:
  virtual ~TableStore() = default;

  // The default of a tenant that has changed nothing.
  virtual absl::StatusOr<SharedTable> Read(const TenantId& tenant, Deadline deadline) = 0;
  // Replaces the table if its etag is `etag`. The same again changes nothing.
  //   kAborted      ETAG_STALE
  //   kUnavailable  store unreachable or `deadline` passed; the change may or may not have happened
  virtual absl::StatusOr<TableChange> Write(const TenantId& tenant, SharedTable table, const std::string& etag,
                                            Deadline deadline) = 0;
};

// Tells the other replicas. Thread-safe, never blocks.
class TablePublisher {
 public:
  virtual ~TablePublisher() = default;
  virtual void PublishTable(const TenantId& tenant, const TableChange& change) = 0;
};

// Changes the tables of tenants. Thread-safe; calls wait for the store.
class TableKeeper {
 public:
  // All must outlive the keeper.
  TableKeeper(TableStore& store, TablePublisher& publisher, TableFeed& feed)
      : store_(store), publisher_(publisher), feed_(feed) {}

  // `states` in full; their old names are those they had before. `etag` may be empty.
  //   kInvalidArgument  see ValidateStates
  //   kAborted          ETAG_STALE
  absl::StatusOr<SharedTable> Update(const TenantId& tenant, std::vector<AvailabilityState> states,
                                     const std::string& etag, Deadline deadline);

 private:
  TableStore& store_;
  TablePublisher& publisher_;
  TableFeed& feed_;
};

}  // namespace crosspoint::presence
