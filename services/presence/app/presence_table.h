#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "presence/app/ports.h"

namespace crosspoint::presence {

// Hears of every record the table takes or drops, while the shard is locked: so the last call about a user is the last
// truth. Must not call the table.
class RecordObserver {
 public:
  virtual ~RecordObserver() = default;
  virtual void OnRecord(const UserKey& user, TimePoint next_edge) = 0;
};

// A shard as the store had it at `revision`.
struct ShardContents {
  std::string epoch;
  uint64_t revision = 0;
  uint64_t forgotten = 0;  // highest revision of those users the store no longer has a record of
  std::vector<std::pair<UserKey, PresenceRecord>> records;
};

// All users' records in memory, by shard. Every replica holds all of them; reads and watches are answered from here.
// Written by the bus and, ahead of it, by this replica's own changes. Thread-safe.
class PresenceTable {
 public:
  // `observer` must outlive the table.
  PresenceTable(ShardFunction shard_of, RecordObserver& observer);
  ~PresenceTable();

  // The record of a user; the default one for those nobody has said anything about.
  PresenceRecord Get(std::string_view user) const;

  // Takes a record if it is newer than the known one of the same epoch; true when it was. `shard_revision` is how far
  // the shard has come with it, 0 when that is not known.
  bool Apply(uint8_t shard, const std::string& epoch, const UserKey& user, const PresenceRecord& record,
             uint64_t shard_revision);

  struct Reset {
    bool new_epoch = false;      // all that was known before is void
    std::vector<UserKey> users;  // whose visible state may differ from what watchers were told before
  };
  // The shard holds exactly `contents`, besides newer records of the same epoch that this replica made itself.
  Reset Replace(uint8_t shard, ShardContents contents);

  // Users whose record was made after `time`.
  std::vector<UserKey> ChangedAfter(TimePoint time) const;
  // Tells the observer again what is known of `user`.
  void Repeat(const UserKey& user) const;

  // Whether every shard has been read once.
  bool complete() const { return known_shards_ == kShards; }
  uint8_t ShardOf(std::string_view user) const { return shard_of_(user); }
  std::string Epoch(uint8_t shard) const;
  // That of all shards; empty while they differ.
  std::string CommonEpoch() const;
  // Where the shard stands and the highest forgotten revision.
  std::pair<uint64_t, uint64_t> Revisions(uint8_t shard) const;
  // A consistent copy of a shard.
  ShardContents Copy(uint8_t shard) const;
  size_t users() const;

 private:
  struct Shard {
    mutable std::mutex mu;
    bool known = false;                                   // guarded by mu
    std::string epoch;                                    // guarded by mu
    uint64_t revision = 0;                                // guarded by mu
    uint64_t forgotten = 0;                               // guarded by mu
    std::unordered_map<UserKey, PresenceRecord> records;  // guarded by mu
  };
  void CountEpoch(const std::string& left, const std::string& entered);
  void TakeLocked(Shard& shard, const UserKey& user, const PresenceRecord& record);

  ShardFunction shard_of_;
  RecordObserver& observer_;
  std::unique_ptr<std::array<Shard, kShards>> shards_;
  std::atomic<size_t> known_shards_{0};
  mutable std::mutex epochs_mu_;          // taken after a shard's
  std::map<std::string, size_t> epochs_;  // guarded by epochs_mu_; how many shards are in each
};

}  // namespace crosspoint::presence
