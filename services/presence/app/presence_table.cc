#include "presence/app/presence_table.h"

#include <algorithm>
#include <utility>

namespace crosspoint::presence {

UserId UserOf(std::string_view key) {
  const auto slash = key.find('/');
  if (slash == std::string_view::npos) return UserId{{""}, std::string(key)};
  return UserId{{std::string(key.substr(0, slash))}, std::string(key.substr(slash + 1))};
}

PresenceTable::PresenceTable(ShardFunction shard_of, RecordObserver& observer)
    : shard_of_(shard_of), observer_(observer), shards_(std::make_unique<std::array<Shard, kShards>>()) {}

PresenceTable::~PresenceTable() = default;

PresenceRecord PresenceTable::Get(std::string_view user) const {
  const UserKey key(user);
  const auto& shard = (*shards_)[shard_of_(key)];
  const std::lock_guard lock(shard.mu);
  const auto at = shard.records.find(key);
  return at == shard.records.end() ? PresenceRecord{} : at->second;
}

void PresenceTable::TakeLocked(Shard& shard, const UserKey& user, const PresenceRecord& record) {
  shard.records[user] = record;
  observer_.OnRecord(user, record.next_edge);
}

bool PresenceTable::Apply(uint8_t number, const std::string& epoch, const UserKey& user, const PresenceRecord& record,
                          uint64_t shard_revision) {
  auto& shard = (*shards_)[number];
  const std::lock_guard lock(shard.mu);
  if (!shard.known || shard.epoch != epoch) return false;
  shard.revision = std::max(shard.revision, shard_revision);
  const auto at = shard.records.find(user);
  if (record.revision <= (at == shard.records.end() ? 0 : at->second.revision)) return false;
  TakeLocked(shard, user, record);
  return true;
}

PresenceTable::Reset PresenceTable::Replace(uint8_t number, ShardContents contents) {
  auto& shard = (*shards_)[number];
  const std::lock_guard lock(shard.mu);
  Reset reset;
  reset.new_epoch = shard.known && shard.epoch != contents.epoch;
  const bool same_epoch = shard.known && shard.epoch == contents.epoch;

  std::unordered_map<UserKey, PresenceRecord> before;
  before.swap(shard.records);
  if (!same_epoch) CountEpoch(shard.known ? shard.epoch : "", contents.epoch);
  if (!std::exchange(shard.known, true)) ++known_shards_;
  shard.epoch = std::move(contents.epoch);
  const auto heard = std::exchange(shard.revision, contents.revision);
  shard.forgotten = contents.forgotten;
  shard.records.reserve(contents.records.size());
  for (auto& [user, record] : contents.records) shard.records.emplace(std::move(user), std::move(record));
  for (auto& [user, record] : before) {
    const auto at = shard.records.find(user);
    if (same_epoch && record.revision > contents.revision) {
      shard.records[user] = record;  // made by this replica after the snapshot was read
      continue;
    }
    const auto now = at == shard.records.end() ? PresenceRecord{} : at->second;
    // What this replica made itself is known before it is told, so it counts as new as long as the bus has not brought
    // it.
    if (reset.new_epoch || now.visible_revision != record.visible_revision || now.visible_revision > heard) {
      reset.users.push_back(user);
    }
    if (at == shard.records.end()) observer_.OnRecord(user, kOpenEnd);
  }
  for (const auto& [user, record] : shard.records) {
    if (!before.contains(user)) reset.users.push_back(user);
    observer_.OnRecord(user, record.next_edge);
  }
  return reset;
}

void PresenceTable::CountEpoch(const std::string& left, const std::string& entered) {
  const std::lock_guard lock(epochs_mu_);
  if (const auto at = epochs_.find(left); at != epochs_.end() && --at->second == 0) epochs_.erase(at);
  ++epochs_[entered];
}

std::string PresenceTable::CommonEpoch() const {
  const std::lock_guard lock(epochs_mu_);
  return epochs_.size() == 1 && complete() ? epochs_.begin()->first : "";
}

void PresenceTable::Repeat(const UserKey& user) const {
  const auto& shard = (*shards_)[shard_of_(user)];
  const std::lock_guard lock(shard.mu);
  const auto at = shard.records.find(user);
  observer_.OnRecord(user, at == shard.records.end() ? kOpenEnd : at->second.next_edge);
}

std::vector<UserKey> PresenceTable::ChangedAfter(TimePoint time) const {
  std::vector<UserKey> users;
  for (const auto& shard : *shards_) {
    const std::lock_guard lock(shard.mu);
    for (const auto& [user, record] : shard.records) {
      if (record.changed > time) users.push_back(user);
    }
  }
  return users;
}

std::string PresenceTable::Epoch(uint8_t number) const {
  const auto& shard = (*shards_)[number];
  const std::lock_guard lock(shard.mu);
  return shard.epoch;
}

std::pair<uint64_t, uint64_t> PresenceTable::Revisions(uint8_t number) const {
  const auto& shard = (*shards_)[number];
  const std::lock_guard lock(shard.mu);
  return {shard.revision, shard.forgotten};
}

ShardContents PresenceTable::Copy(uint8_t number) const {
  const auto& shard = (*shards_)[number];
  const std::lock_guard lock(shard.mu);
  ShardContents contents{shard.epoch, shard.revision, shard.forgotten, {}};
  contents.records.assign(shard.records.begin(), shard.records.end());
  return contents;
}

size_t PresenceTable::users() const {
  size_t count = 0;
  for (const auto& shard : *shards_) {
    const std::lock_guard lock(shard.mu);
    count += shard.records.size();
  }
  return count;
}

}  // namespace crosspoint::presence
