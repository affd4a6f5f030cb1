#include "presence/app/table_book.h"

#include <functional>
#include <utility>

#include "presence/app/watch_hub.h"

namespace crosspoint::presence {

SharedTable TableBook::Of(const TenantId& tenant) const {
  // Lives as long as the process, so nobody owns it.
  static const SharedTable kDefault(std::shared_ptr<void>(), &AvailabilityTable::Default());
  const std::lock_guard lock(mu_);
  const auto at = entries_.find(tenant);
  return at == entries_.end() ? kDefault : at->second.stored.table;
}

bool TableBook::ShowsDetail(const TenantId& tenant) const {
  const std::lock_guard lock(mu_);
  const auto at = entries_.find(tenant);
  return at == entries_.end() || at->second.stored.show_detail;
}

bool TableBook::ApplyLocked(const TenantId& tenant, uint8_t shard, StoredTable stored) {
  auto& entry = entries_[tenant];
  if (entry.stored.epoch == stored.epoch && entry.stored.revision >= stored.revision) return false;
  const bool differs = entry.stored.table == nullptr || entry.stored.Etag() != stored.Etag();
  entry = {shard, std::move(stored)};
  return differs;
}

// Names the tables of all tenants together; the same on every replica that has the same ones.
std::string TableBook::LookLocked() const {
  size_t look = 0;
  for (const auto& [tenant, entry] : entries_) {
    look = look * 31 + std::hash<std::string>{}(tenant.value + "/" + entry.stored.Etag());
  }
  return look == 0 ? "" : std::to_string(look);
}

void TableFeed::OnTable(const TenantId& tenant, uint8_t shard, StoredTable stored) {
  // The hub hears in the order in which the book changes.
  const std::lock_guard lock(book_.mu_);
  if (book_.ApplyLocked(tenant, shard, std::move(stored))) hub_.OnTable(tenant, book_.LookLocked());
}

void TableFeed::OnShard(uint8_t shard, const std::string& epoch, uint64_t revision,
                        std::vector<std::pair<TenantId, StoredTable>> tables) {
  const std::lock_guard lock(book_.mu_);
  std::vector<TenantId> changed;
  for (auto at = book_.entries_.begin(); at != book_.entries_.end();) {
    const auto& [tenant, entry] = *at;
    // Written by this replica after the shard was read.
    const bool newer = entry.stored.epoch == epoch && entry.stored.revision > revision;
    bool named = entry.shard != shard || newer;
    for (const auto& table : tables) named = named || table.first == tenant;
    if (!named) changed.push_back(tenant);
    at = named ? std::next(at) : book_.entries_.erase(at);
  }
  for (auto& [tenant, stored] : tables) {
    if (book_.ApplyLocked(tenant, shard, std::move(stored))) changed.push_back(tenant);
  }
  for (const auto& tenant : changed) hub_.OnTable(tenant, book_.LookLocked());
}

}  // namespace crosspoint::presence
