#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "common/ids/ids.h"
#include "common/log/log.h"
#include "common/zmq/ports.h"
#include "presence/adapters/shard_keys.h"

namespace crosspoint {
class RedisClient;
}

namespace crosspoint::presence {

// The snapshot entry that carries no user but the highest forgotten revision of its shard.
inline constexpr char kForgottenEntry[] = "";

// What the bus asks the store: snapshots and revisions of shards. Keeps the epoch: a random word in Redis, made when
// missing (first start, or Redis was emptied) and replaced when revisions went back (a backup was restored, a fail-over
// lost writes). Thread-safe.
class RedisShards final : public BusStore {
 public:
  // All must outlive this.
  RedisShards(RedisClient& redis, KnownEpoch& epoch, IdSource& ids, log::Logger& log,
              std::chrono::milliseconds timeout = std::chrono::milliseconds(2000))
      : redis_(redis), epoch_(epoch), ids_(ids), log_(log), timeout_(timeout) {}

  absl::StatusOr<std::vector<ShardSnapshot>> Fetch(std::span<const ShardId> shards) override;
  absl::StatusOr<ShardRevisions> ReadRevisions() override;

 private:
  absl::StatusOr<std::string> ReadEpoch(std::chrono::steady_clock::time_point deadline);
  // Replaces `old` (empty: none) by a new word, unless another replica was first.
  absl::StatusOr<std::string> NewEpoch(const std::string& old, std::chrono::steady_clock::time_point deadline);
  // Whether a revision is lower than one seen before in the same epoch.
  bool WentBack(const ShardRevisions& read);

  RedisClient& redis_;
  KnownEpoch& epoch_;
  IdSource& ids_;
  log::Logger& log_;
  const std::chrono::milliseconds timeout_;
  std::mutex mu_;
  ShardRevisions seen_;  // guarded by mu_
};

}  // namespace crosspoint::presence
