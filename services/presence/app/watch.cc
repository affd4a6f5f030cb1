#include "presence/app/watch.h"

#include <algorithm>
#include <utility>

namespace crosspoint::presence {

void Watch::MarkDirty(Users::value_type& user) {
  if (user.second.dirty) return;
  user.second.dirty = true;
  dirty_.push_back(&user);
}

bool Watch::Knows(const PresenceTable& table, const UserKey& user, const PresenceRecord& record) const {
  if (!resume_) return false;
  const uint8_t shard = table.ShardOf(user);
  const auto told = resume_->revisions[shard];
  if (told == 0 || table.Epoch(shard) != resume_->epoch) return false;
  // Without a record the user may have had one that was dropped; the highest dropped revision tells.
  const auto changed = record.revision != 0 ? record.visible_revision : table.Revisions(shard).second;
  return changed <= told;
}

bool Watch::WriteOne(const PresenceTable& table, std::string epoch,
                     const std::array<std::atomic<uint64_t>, kShards>& told, WatchHub::Counters& counters) {
  // Read before the states: what is sent then is at least as new as the token says.
  auto token = Token(std::move(epoch), told);
  WatchUpdate update;
  size_t taken = 0;
  std::vector<std::pair<Users::value_type*, uint64_t>> sent;
  for (; taken < dirty_.size() && update.presences.size() < kMaxUsersPerMessage; ++taken) {
    auto* user = dirty_[taken];
    const auto record = table.Get(user->first);
    if (user->second.sent != record.visible_revision) {
      update.presences.push_back(PresenceOf(UserOf(user->first), record));
    }
    sent.emplace_back(user, record.visible_revision);
  }
  const bool complete = taken == dirty_.size();
  update.resume_token = complete ? token : last_token_;
  update.synced = complete && sync_owed_;
  update.gap = gap_;
  if (!update.presences.empty() || update.synced || update.gap) {
    if (!sink_->Write(update)) return false;
    counters.presences_sent.fetch_add(update.presences.size(), std::memory_order_relaxed);
    gap_ = false;
    if (complete) {
      sync_owed_ = false;
      last_token_ = std::move(token);
    }
  }
  for (const auto& [user, revision] : sent) {
    user->second.sent = revision;
    user->second.dirty = false;
  }
  dirty_.erase(dirty_.begin(), dirty_.begin() + static_cast<std::ptrdiff_t>(taken));
  return true;
}

std::string Watch::Token(std::string epoch, const std::array<std::atomic<uint64_t>, kShards>& told) const {
  ResumeToken token;
  token.epoch = std::move(epoch);
  // While shards pass to a new epoch one after another, nothing can be resumed.
  if (token.epoch.empty()) return token.Encode();
  for (size_t shard = 0; shard < kShards; ++shard) {
    if (shard_users_[shard] != 0) token.revisions[shard] = told[shard].load(std::memory_order_relaxed);
  }
  return token.Encode();
}

}  // namespace crosspoint::presence
