#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <vector>

#include "common/zmq/frame.h"

namespace crosspoint {

struct ResyncPolicy {
  std::chrono::milliseconds first_delay{100};  // after the first failure; doubled by each further one
  std::chrono::milliseconds max_delay{1000};
};

// Which shards to read next, many at a time, and when to try again after a failure. Not thread-safe.
class ResyncQueue {
 public:
  explicit ResyncQueue(ResyncPolicy policy = {}) : policy_(policy) {}

  // Asks for `shard`; once is enough.
  void Add(ShardId shard) { waiting_[shard.value] = true; }

  // Up to `max` shards to read now, lowest first; empty when there are none or the store deserves a rest.
  std::vector<ShardId> Take(SteadyTime now, size_t max);

  // The read gave an answer for at least one shard: the store works.
  void Succeeded();
  // These were not answered and come again after a delay. `jitter` in [0, 1) shortens it by up to half.
  void Failed(std::span<const ShardId> shards, SteadyTime now, double jitter);

  // When Take may give something; nullopt: not before Add.
  std::optional<SteadyTime> NextDue() const;

 private:
  ResyncPolicy policy_;
  std::array<bool, kShardCount> waiting_{};
  SteadyTime not_before_{};
  int failures_ = 0;
};

}  // namespace crosspoint
