#include "presence/app/watch.h"

#include <algorithm>
#include <utility>

namespace crosspoint::presence {

static_assert(kMaxUsersPerWatch <= UINT16_MAX);

void Watch::MarkDirty(Users::value_type& user, SharedPresence next) {
  if (user.second.next == nullptr) dirty_.push_back(&user);
  user.second.next = std::move(next);
}

void Watch::MakeDue(WatchHub::Due& due) {
  if (std::exchange(due_, true)) return;
  due.push_back(shared_from_this());
}

void Watch::CountShard(uint8_t shard, int change) {
  shard_users_[shard] = static_cast<uint16_t>(shard_users_[shard] + change);
  shards_[shard] = shard_users_[shard] != 0;
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

void Watch::TakeBack(WatchUpdate& update) {
  auto unsent = update.presences.begin();
  for (auto at = dirty_.begin(); unsent != update.presences.end(); ++at) {
    if ((*at)->second.next == nullptr) (*at)->second.next = std::move(*unsent++);
  }
}

bool Watch::WriteOne(const Standpoint& standpoint, bool current, WatchHub::Counters& counters) {
  WatchUpdate update;
  update.presences.reserve(std::min(dirty_.size(), kMaxUsersPerMessage));
  size_t taken = 0;
  for (; taken < dirty_.size() && update.presences.size() < kMaxUsersPerMessage; ++taken) {
    auto& watched = dirty_[taken]->second;
    if (watched.sent != watched.next->presence().revision) update.presences.push_back(std::move(watched.next));
  }
  const bool complete = taken == dirty_.size();
  update.resume_token = complete ? standpoint.TokenOf(shards_) : last_token_;
  update.synced = complete && sync_owed_;
  update.gap = gap_;
  // What was missed comes before the word that nothing is missing.
  update.may_be_stale = !current || (told_stale_ && !complete);
  if (!update.presences.empty() || update.synced || update.gap || update.may_be_stale != told_stale_) {
    if (!sink_->Write(update)) {
      TakeBack(update);
      return false;
    }
    counters.presences_sent.fetch_add(update.presences.size(), std::memory_order_relaxed);
    gap_ = false;
    told_stale_ = update.may_be_stale;
    if (complete) {
      begun_ = true;
      sync_owed_ = false;
      last_token_ = std::move(update.resume_token);
    }
  }
  auto sent = update.presences.begin();
  for (size_t i = 0; i < taken; ++i) {
    auto& watched = dirty_[i]->second;
    if (watched.next == nullptr) watched.sent = (*sent++)->presence().revision;
    watched.next.reset();
  }
  dirty_.erase(dirty_.begin(), dirty_.begin() + static_cast<std::ptrdiff_t>(taken));
  return true;
}

}  // namespace crosspoint::presence
