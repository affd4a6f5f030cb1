#include "presence/app/presence_feed.h"

#include <utility>

namespace crosspoint::presence {

void PresenceFeed::OnShardChange(uint8_t shard, const std::string& epoch, uint64_t revision, const UserKey& user,
                                 const PresenceRecord& record) {
  table_.Apply(shard, epoch, user, record, revision);
  // Also when the table knew: the hub must have heard of the user before it hears that the shard has come this far.
  const bool visible = record.visible_revision == record.revision;
  hub_.OnChange(shard, revision, visible ? user : UserKey());
}

void PresenceFeed::OnOwnChange(const UserKey& user, const ChangeResult& result) {
  if (!table_.Apply(result.shard, result.epoch, user, result.record, 0)) return;
  hub_.OnChange(result.shard, 0, user);
}

void PresenceFeed::OnShard(uint8_t shard, ShardContents contents) {
  const auto revision = contents.revision;
  hub_.OnReplace(shard, revision, table_.Replace(shard, std::move(contents)));
}

}  // namespace crosspoint::presence
