#include "presence/adapters/redis_table_store.h"

#include <algorithm>
#include <utility>

#include "common/redis/client.h"
#include "common/status/status.h"
#include "presence/adapters/presence_scripts.h"
#include "presence/adapters/table_codec.h"

namespace crosspoint::presence {

absl::StatusOr<StoredTable> RedisTableStore::Read(const TenantId& tenant, Deadline deadline) {
  const auto key = TableKeyOf(tenant);
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, redis_.Call({"HGET", ShardKey(ShardOfUser(key), "records"), key},
                                                            std::min(deadline, redis_.DefaultDeadline())));
  if (reply.is_nil())
    return StoredTable{"", 0, std::make_shared<const AvailabilityTable>(AvailabilityTable::Default())};
  auto stored = DecodeTable(reply.text());
  if (!stored) return absl::InternalError("Redis holds an unreadable availability table");
  return *std::move(stored);
}

absl::StatusOr<TableChange> RedisTableStore::Write(const TenantId& tenant, const StoredTable& table,
                                                   const std::string& etag, Deadline deadline) {
  const auto key = TableKeyOf(tenant);
  TableChange change;
  change.shard = ShardOfUser(key);
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply,
      redis_.RunScriptDurable(kTableScript, {ShardKey(change.shard, "records"), ShardKey(change.shard, "revision")},
                              {key, etag, AvailabilityTable::Default().etag(), table.Etag(), EncodeLook(table)},
                              std::min(deadline, redis_.DefaultDeadline())));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto revision, reply.AsInteger());
  if (revision < 0) {
    return ErrorWithInfo(absl::StatusCode::kAborted, "the table changed since it was read; read it again",
                         {"ETAG_STALE", "presence.crosspoint", {}});
  }
  change.changed = revision > 0;
  change.stored = {epoch_.Get(), static_cast<uint64_t>(revision), table.table, table.show_detail};
  return change;
}

}  // namespace crosspoint::presence
