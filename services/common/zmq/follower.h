#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/zmq/frame.h"

namespace crosspoint {

struct FollowerLimits {
  std::chrono::milliseconds hold{50};  // how long an out-of-order frame waits for the missing one
  size_t max_held_frames_per_shard = 4096;
  size_t max_held_bytes = 32u << 20;  // over all shards
  // For how long heartbeats must contradict what was seen before the store counts as having lost history.
  std::chrono::milliseconds regression_patience{2000};
  // After the store has denied an epoch that somebody told of, for how long nobody's word for it counts. Bounds the
  // reads when nodes disagree for long (one still sees the old store).
  std::chrono::milliseconds denial{500};
};

struct FollowerCounts {
  uint64_t applied = 0;
  uint64_t duplicates = 0;
  uint64_t gaps = 0;     // holes given up on
  uint64_t evicted = 0;  // held frames thrown away for lack of room
  uint64_t stale = 0;    // frames of an epoch that was left or denied
  uint64_t invalid = 0;  // frames without epoch or revision
  uint64_t resyncs = 0;
};

// What a follower decides.
class FollowerSink {
 public:
  virtual ~FollowerSink() = default;
  virtual void Apply(BusFrame frame) = 0;            // one revision after the last Apply or Replace of its shard
  virtual void Replace(ShardSnapshot snapshot) = 0;  // the shard is now this
  virtual void NeedSnapshot(ShardId shard) = 0;      // once, until OnSnapshot of that shard
};

// What the shards of one follower share.
struct FollowerShared {
  FollowerLimits limits;
  FollowerCounts counts;
  size_t held_bytes = 0;
};

// Follows one shard: what of all that arrives is applied, in which order, and when the store must be asked.
// Confined to one thread.
class ShardFollower {
 public:
  ShardFollower(ShardId shard, FollowerShared& shared) : shard_(shard), shared_(shared) {}

  void OnFrame(BusFrame frame, SteadyTime now, FollowerSink& sink);
  void OnHeartbeat(const std::string& epoch, uint64_t revision, SteadyTime now, FollowerSink& sink);
  void OnSnapshot(ShardSnapshot snapshot, SteadyTime now, FollowerSink& sink);
  void OnTick(SteadyTime now, FollowerSink& sink);
  void Need(SteadyTime now, FollowerSink& sink);

  // When OnTick has something to do; nullopt: never.
  std::optional<SteadyTime> Deadline() const;

  // Since when this shard is known to lack something; nullopt: all that anybody told of was applied.
  std::optional<SteadyTime> LackingSince() const { return needed_ ? needed_since_ : waiting_since_; }

  bool synced() const { return synced_; }
  const std::string& epoch() const { return epoch_; }  // empty until synced
  uint64_t revision() const { return applied_; }

 private:
  struct Held {
    BusFrame frame;
    SteadyTime at;
  };
  struct Behind {
    uint64_t mark;  // what the store must reach to prove that its history is whole
    SteadyTime since;
  };

  void Hold(BusFrame frame, SteadyTime now, FollowerSink& sink);
  void DropHeld(std::map<uint64_t, Held>::iterator it);
  void ClearHeld();
  void Drain(SteadyTime now, FollowerSink& sink);
  void CheckRegression(uint64_t revision, SteadyTime now, FollowerSink& sink);

  ShardId shard_;
  FollowerShared& shared_;
  bool synced_ = false;
  bool needed_ = false;  // a snapshot was asked for and has not come
  SteadyTime needed_since_{};
  bool regressed_ = false;  // the next snapshot counts even if it is behind
  std::string epoch_;
  uint64_t applied_ = 0;
  uint64_t known_ = 0;             // highest revision of epoch_ that anybody told of; never below applied_
  std::map<uint64_t, Held> held_;  // frames of held_epoch_, by revision
  std::string held_epoch_;
  uint64_t held_max_ = 0;                    // highest revision of held_epoch_ that was held, evicted ones included
  std::optional<SteadyTime> waiting_since_;  // since when applied_ + 1 is known to exist
  std::optional<Behind> behind_;
  int fruitless_ = 0;  // snapshots in a row that did not close the hole; doubles the patience
};

// Follows all shards of a channel. Confined to one thread; time is passed in.
class Follower {
 public:
  explicit Follower(const FollowerLimits& limits);
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  // Asks for a snapshot of every shard. Call once, after subscribing.
  void Start(SteadyTime now, FollowerSink& sink);

  void OnFrame(BusFrame frame, SteadyTime now, FollowerSink& sink);
  void OnHeartbeat(const ShardRevisions& revisions, SteadyTime now, FollowerSink& sink);
  void OnSnapshot(ShardSnapshot snapshot, SteadyTime now, FollowerSink& sink);
  // To be called at NextDeadline or later, after all that had arrived by then was handed in.
  void OnTick(SteadyTime now, FollowerSink& sink);

  std::optional<SteadyTime> NextDeadline() const { return next_deadline_; }
  // The earliest of all shards.
  std::optional<SteadyTime> LackingSince() const;
  size_t synced_shards() const { return synced_shards_; }
  const FollowerCounts& counts() const { return shared_.counts; }
  size_t held_bytes() const { return shared_.held_bytes; }

 private:
  ShardFollower& At(ShardId shard) { return shards_[shard.value]; }
  void NoteDeadline(const ShardFollower& shard);
  bool IsRetired(const std::string& epoch) const;
  bool IsDenied(const std::string& epoch, SteadyTime now) const;
  void Retire(const std::string& left, const std::string& entered);

  FollowerShared shared_;
  std::vector<ShardFollower> shards_;
  std::deque<std::string> retired_;  // epochs left lately: their late frames are no news
  std::string suspect_;              // the foreign epoch heard of last
  std::string denied_;               // the store says that this one is not true
  SteadyTime denied_until_{};
  std::optional<SteadyTime> next_deadline_;
  size_t synced_shards_ = 0;
};

}  // namespace crosspoint
