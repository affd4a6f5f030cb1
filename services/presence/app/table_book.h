#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "common/ids/ids.h"
#include "presence/app/ports.h"
#include "presence/domain/availability_table.h"

namespace crosspoint::presence {

class WatchHub;

using SharedTable = std::shared_ptr<const AvailabilityTable>;  // shared with who reads it while it is replaced

// A tenant's table as the store has it, and who sees what of it.
struct StoredTable {
  std::string epoch;
  uint64_t revision = 0;  // of the shard when it was written
  SharedTable table;
  bool show_detail = true;  // colleagues see notes and ends

  // Of all of it; `table->etag()` is that of the table alone.
  std::string Etag() const { return table->etag() + (show_detail ? "" : "-plain"); }
};

// The availability tables of all tenants, in memory on every replica. Thread-safe.
class TableBook {
 public:
  // Never null: that of a tenant which has changed nothing is the default.
  SharedTable Of(const TenantId& tenant) const;
  // Whether colleagues see notes and ends; they do until the tenant says otherwise.
  bool ShowsDetail(const TenantId& tenant) const;

 private:
  friend class TableFeed;
  struct Entry {
    uint8_t shard = 0;
    StoredTable stored;
  };
  bool ApplyLocked(const TenantId& tenant, uint8_t shard, StoredTable stored);
  std::string LookLocked() const;

  mutable std::mutex mu_;
  std::map<TenantId, Entry> entries_;  // guarded by mu_
};

// The one way by which changes of tables reach memory and watchers. Thread-safe, never blocks.
class TableFeed {
 public:
  // Both must outlive the feed.
  TableFeed(TableBook& book, WatchHub& hub) : book_(book), hub_(hub) {}

  void OnTable(const TenantId& tenant, uint8_t shard, StoredTable stored);
  // The shard, read anew at `revision`, holds exactly these.
  void OnShard(uint8_t shard, const std::string& epoch, uint64_t revision,
               std::vector<std::pair<TenantId, StoredTable>> tables);

 private:
  TableBook& book_;
  WatchHub& hub_;
};

}  // namespace crosspoint::presence
