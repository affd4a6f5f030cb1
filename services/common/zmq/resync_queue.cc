#include "common/zmq/resync_queue.h"

#include <algorithm>

namespace crosspoint {

std::vector<ShardId> ResyncQueue::Take(SteadyTime now, size_t max) {
  std::vector<ShardId> out;
  if (now < not_before_) return out;
  for (size_t i = 0; i < kShardCount && out.size() < max; ++i) {
    if (!waiting_[i]) continue;
    waiting_[i] = false;
    out.push_back(ShardId{static_cast<uint8_t>(i)});
  }
  return out;
}

void ResyncQueue::Succeeded() { failures_ = 0; }

void ResyncQueue::Failed(std::span<const ShardId> shards, SteadyTime now, double jitter) {
  for (const ShardId shard : shards) Add(shard);
  constexpr int kMaxDoublings = 16;
  const auto delay = std::min(policy_.first_delay * (1 << std::min(failures_, kMaxDoublings)), policy_.max_delay);
  ++failures_;
  not_before_ = now + std::chrono::duration_cast<SteadyTime::duration>(delay * (1.0 - jitter / 2));
}

std::optional<SteadyTime> ResyncQueue::NextDue() const {
  if (std::find(waiting_.begin(), waiting_.end(), true) == waiting_.end()) return std::nullopt;
  return not_before_;
}

}  // namespace crosspoint
