#pragma once

#include <functional>
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

  // The default of a tenant that has changed nothing. Epoch and revision are not said.
  virtual absl::StatusOr<StoredTable> Read(const TenantId& tenant, Deadline deadline) = 0;
  // Replaces what is there if its Etag is `etag`. The same again changes nothing.
  //   kAborted      ETAG_STALE
  //   kUnavailable  store unreachable or `deadline` passed; the change may or may not have happened
  virtual absl::StatusOr<TableChange> Write(const TenantId& tenant, const StoredTable& table, const std::string& etag,
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

  // Whether colleagues see notes and ends, with an etag of its own.
  struct ViewerPolicy {
    bool show_detail = true;
    std::string etag() const { return show_detail ? "detail" : "plain"; }
  };
  absl::StatusOr<ViewerPolicy> ReadPolicy(const TenantId& tenant, Deadline deadline);
  //   kAborted  ETAG_STALE
  absl::StatusOr<ViewerPolicy> UpdatePolicy(const TenantId& tenant, ViewerPolicy policy, const std::string& etag,
                                            Deadline deadline);

 private:
  using Edit = std::function<absl::StatusOr<StoredTable>(const StoredTable& before)>;
  // Writes what `edit` makes of what is stored, again when others were quicker.
  absl::StatusOr<StoredTable> Replace(const TenantId& tenant, const Edit& edit, Deadline deadline);

  TableStore& store_;
  TablePublisher& publisher_;
  TableFeed& feed_;
};

}  // namespace crosspoint::presence
