#pragma once

#include <string>

#include "presence/app/ports.h"
#include "presence/app/presence_table.h"
#include "presence/app/watch_hub.h"

namespace crosspoint::presence {

// The one way by which changes reach memory and watchers, whoever made them. Thread-safe, never blocks.
class PresenceFeed {
 public:
  // Both must outlive the feed.
  PresenceFeed(PresenceTable& table, WatchHub& hub) : table_(table), hub_(hub) {}

  // The next change of a shard, from the bus.
  void OnShardChange(uint8_t shard, const std::string& epoch, uint64_t revision, const UserKey& user,
                     const PresenceRecord& record);
  // What this replica's own call to the store brought: ahead of the bus, so that a caller reads its own writes here.
  void OnOwnChange(const UserKey& user, const ChangeResult& result);
  // A shard read anew.
  void OnShard(uint8_t shard, ShardContents contents);
  // Whether what was heard so far can be trusted to be all there is.
  void OnCurrent(bool current) { hub_.OnCurrent(current); }

 private:
  PresenceTable& table_;
  WatchHub& hub_;
};

}  // namespace crosspoint::presence
