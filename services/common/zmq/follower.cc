#include "common/zmq/follower.h"

#include <algorithm>
#include <utility>

namespace crosspoint {
namespace {

constexpr size_t kRetiredEpochs = 4;
constexpr int kMaxFruitless = 6;

size_t SizeOf(const BusFrame& frame) {
  return sizeof frame + frame.epoch.size() + frame.key.size() + frame.payload.size() + frame.traceparent.size() +
         frame.request_id.size();
}

}  // namespace

void ShardFollower::Need(SteadyTime now, FollowerSink& sink) {
  if (needed_) return;
  needed_ = true;
  needed_since_ = waiting_since_.value_or(now);
  sink.NeedSnapshot(shard_);
}

void ShardFollower::DropHeld(std::map<uint64_t, Held>::iterator it) {
  shared_.held_bytes -= SizeOf(it->second.frame);
  held_.erase(it);
}

void ShardFollower::ClearHeld() {
  while (!held_.empty()) DropHeld(held_.begin());
  held_max_ = 0;
}

// Without room the lowest revisions go: the next snapshot most likely covers them.
void ShardFollower::Hold(BusFrame frame, SteadyTime now, FollowerSink& sink) {
  if (held_epoch_ != frame.epoch) {
    ClearHeld();
    held_epoch_ = frame.epoch;
  }
  const uint64_t revision = frame.revision;
  if (held_.contains(revision)) {
    ++shared_.counts.duplicates;
    return;
  }
  held_max_ = std::max(held_max_, revision);
  shared_.held_bytes += SizeOf(frame);
  held_.emplace(revision, Held{.frame = std::move(frame), .at = now});
  const auto& limits = shared_.limits;
  while (!held_.empty() &&
         (held_.size() > limits.max_held_frames_per_shard || shared_.held_bytes > limits.max_held_bytes)) {
    DropHeld(held_.begin());
    ++shared_.counts.evicted;
    Need(now, sink);
  }
}

void ShardFollower::OnFrame(BusFrame frame, SteadyTime now, FollowerSink& sink) {
  if (!synced_ || frame.epoch != epoch_) {
    Hold(std::move(frame), now, sink);
    Need(now, sink);  // only the store can tell which epoch is true
    return;
  }
  if (frame.revision <= applied_) {
    ++shared_.counts.duplicates;
    return;
  }
  known_ = std::max(known_, frame.revision);
  if (frame.revision != applied_ + 1) {
    if (!waiting_since_) waiting_since_ = now;
    Hold(std::move(frame), now, sink);
    return;
  }
  applied_ = frame.revision;
  ++shared_.counts.applied;
  sink.Apply(std::move(frame));
  Drain(now, sink);
}

// Applies what is held and now follows, after applied_ has moved.
void ShardFollower::Drain(SteadyTime now, FollowerSink& sink) {
  if (held_epoch_ == epoch_) {
    while (!held_.empty() && held_.begin()->first <= applied_ + 1) {
      const auto it = held_.begin();
      if (it->first == applied_ + 1) {
        BusFrame frame = it->second.frame;
        DropHeld(it);
        applied_ = frame.revision;
        ++shared_.counts.applied;
        sink.Apply(std::move(frame));
      } else {
        DropHeld(it);
        ++shared_.counts.duplicates;
      }
    }
  }
  fruitless_ = 0;
  waiting_since_.reset();
  if (known_ <= applied_) {
    known_ = applied_;
    return;
  }
  waiting_since_ = now;
  if (held_epoch_ != epoch_) return;
  for (const auto& [revision, held] : held_) waiting_since_ = std::min(*waiting_since_, held.at);
}

void ShardFollower::OnHeartbeat(const std::string& epoch, uint64_t revision, SteadyTime now, FollowerSink& sink) {
  if (!synced_) return;
  if (epoch != epoch_) {
    Need(now, sink);
    return;
  }
  if (revision > known_) known_ = revision;
  if (known_ > applied_ && !waiting_since_) waiting_since_ = now;
  CheckRegression(revision, now, sink);
}

// A heartbeat may well have been read before the latest change. But when the store stays below what was seen once, it
// has lost history (or somebody told of a revision that never was), and only its own word counts.
void ShardFollower::CheckRegression(uint64_t revision, SteadyTime now, FollowerSink& sink) {
  if (behind_ && revision < behind_->mark) {
    if (now - behind_->since >= shared_.limits.regression_patience) {
      regressed_ = true;
      Need(now, sink);
    }
    return;
  }
  behind_.reset();
  if (revision < known_) behind_ = Behind{.mark = known_, .since = now};
}

void ShardFollower::OnSnapshot(ShardSnapshot snapshot, SteadyTime now, FollowerSink& sink) {
  needed_ = false;
  const bool same_epoch = synced_ && snapshot.epoch == epoch_;
  if (same_epoch && !regressed_ && snapshot.revision <= applied_) {
    if (held_epoch_ != epoch_) ClearHeld();  // of an epoch that the store denies
    if (known_ > applied_) {
      fruitless_ = std::min(fruitless_ + 1, kMaxFruitless);
      waiting_since_ = now;
    }
    return;
  }
  if (regressed_ || held_epoch_ != snapshot.epoch) ClearHeld();
  if (!same_epoch || regressed_) known_ = 0;
  synced_ = true;
  regressed_ = false;
  behind_.reset();
  epoch_ = snapshot.epoch;
  applied_ = snapshot.revision;
  known_ = std::max({known_, applied_, held_max_});
  ++shared_.counts.resyncs;
  sink.Replace(std::move(snapshot));
  Drain(now, sink);
}

std::optional<SteadyTime> ShardFollower::Deadline() const {
  if (needed_ || !waiting_since_) return std::nullopt;
  return *waiting_since_ + shared_.limits.hold * (1 << fruitless_);
}

void ShardFollower::OnTick(SteadyTime now, FollowerSink& sink) {
  const auto deadline = Deadline();
  if (!deadline || now < *deadline) return;
  ++shared_.counts.gaps;
  Need(now, sink);
}

Follower::Follower(const FollowerLimits& limits) : shared_{.limits = limits, .counts = {}, .held_bytes = 0} {
  shards_.reserve(kShardCount);
  for (size_t i = 0; i < kShardCount; ++i) shards_.emplace_back(ShardId{static_cast<uint8_t>(i)}, shared_);
}

void Follower::Start(SteadyTime now, FollowerSink& sink) {
  for (auto& shard : shards_) shard.Need(now, sink);
}

std::optional<SteadyTime> Follower::LackingSince() const {
  std::optional<SteadyTime> since;
  for (const auto& shard : shards_) {
    const auto lacking = shard.LackingSince();
    if (lacking && (!since || *lacking < *since)) since = lacking;
  }
  return since;
}

void Follower::NoteDeadline(const ShardFollower& shard) {
  const auto deadline = shard.Deadline();
  if (deadline && (!next_deadline_ || *deadline < *next_deadline_)) next_deadline_ = deadline;
}

bool Follower::IsRetired(const std::string& epoch) const {
  return std::find(retired_.begin(), retired_.end(), epoch) != retired_.end();
}

bool Follower::IsDenied(const std::string& epoch, SteadyTime now) const {
  return epoch == denied_ && now < denied_until_;
}

void Follower::Retire(const std::string& left, const std::string& entered) {
  std::erase(retired_, entered);
  if (left.empty() || left == entered || IsRetired(left)) return;
  retired_.push_back(left);
  if (retired_.size() > kRetiredEpochs) retired_.pop_front();
}

void Follower::OnFrame(BusFrame frame, SteadyTime now, FollowerSink& sink) {
  if (frame.revision == 0 || frame.epoch.empty()) {
    ++shared_.counts.invalid;
    return;
  }
  auto& shard = At(frame.shard);
  if (frame.epoch != shard.epoch() && (IsRetired(frame.epoch) || IsDenied(frame.epoch, now))) {
    ++shared_.counts.stale;
    return;
  }
  if (shard.synced() && frame.epoch != shard.epoch()) suspect_ = frame.epoch;
  shard.OnFrame(std::move(frame), now, sink);
  NoteDeadline(shard);
}

void Follower::OnHeartbeat(const ShardRevisions& revisions, SteadyTime now, FollowerSink& sink) {
  if (revisions.epoch.empty()) {
    ++shared_.counts.invalid;
    return;
  }
  for (size_t i = 0; i < kShardCount; ++i) {
    const bool foreign = shards_[i].synced() && shards_[i].epoch() != revisions.epoch;
    if (foreign && IsDenied(revisions.epoch, now)) continue;
    if (foreign) suspect_ = revisions.epoch;
    shards_[i].OnHeartbeat(revisions.epoch, revisions.revisions[i], now, sink);
    NoteDeadline(shards_[i]);
  }
}

void Follower::OnSnapshot(ShardSnapshot snapshot, SteadyTime now, FollowerSink& sink) {
  auto& shard = At(snapshot.shard);
  const bool was_synced = shard.synced();
  const std::string left = shard.epoch();
  const std::string entered = snapshot.epoch;
  if (!suspect_.empty()) {
    if (suspect_ != entered) {
      denied_ = suspect_;
      denied_until_ = now + shared_.limits.denial;
    }
    suspect_.clear();
  }
  shard.OnSnapshot(std::move(snapshot), now, sink);
  if (!was_synced) ++synced_shards_;
  Retire(left, entered);
  NoteDeadline(shard);
}

void Follower::OnTick(SteadyTime now, FollowerSink& sink) {
  if (!next_deadline_ || now < *next_deadline_) return;
  next_deadline_.reset();
  for (auto& shard : shards_) {
    shard.OnTick(now, sink);
    NoteDeadline(shard);
  }
}

}  // namespace crosspoint
