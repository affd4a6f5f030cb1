#include "presence/adapters/redis_shards.h"

#include <algorithm>
#include <future>
#include <memory>
#include <utility>

#include "common/redis/client.h"
#include "common/status/status.h"
#include "presence/adapters/presence_scripts.h"
#include "presence/adapters/record_codec.h"

namespace crosspoint::presence {
namespace {

constexpr size_t kEpochDigits = 12;

// The revision is the text up to the first '|'.
absl::StatusOr<ShardSnapshot> SnapshotOf(ShardId shard, const std::string& epoch, const RedisReply& reply) {
  const auto& parts = reply.array();
  if (parts.size() < 2) return absl::InternalError("unexpected answer of the snapshot script");
  ShardSnapshot snapshot;
  snapshot.shard = shard;
  snapshot.epoch = epoch;
  CROSSPOINT_ASSIGN_OR_RETURN(const auto revision, parts[0].AsInteger());
  snapshot.revision = static_cast<uint64_t>(revision);
  if (parts[1].text() != "0") snapshot.entries.push_back({kForgottenEntry, 0, parts[1].text()});
  for (size_t i = 2; i + 1 < parts.size(); i += 2) {
    const auto& text = parts[i + 1].text();
    CROSSPOINT_ASSIGN_OR_RETURN(const auto changed, RedisReply::String(text.substr(0, text.find('|'))).AsInteger());
    snapshot.entries.push_back({parts[i].text(), static_cast<uint64_t>(changed), text});
  }
  return snapshot;
}

}  // namespace

absl::StatusOr<std::string> RedisShards::NewEpoch(const std::string& old,
                                                  std::chrono::steady_clock::time_point deadline) {
  const auto word = ids_.NewId("").substr(0, kEpochDigits);
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply,
                              redis_.RunScriptDurable(kEpochScript, {kEpochKey}, {old, word}, deadline));
  return reply.AsString();
}

absl::StatusOr<std::string> RedisShards::ReadEpoch(std::chrono::steady_clock::time_point deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, redis_.Call({"GET", kEpochKey}, deadline));
  if (reply.is_nil()) return NewEpoch("", deadline);
  return reply.AsString();
}

absl::StatusOr<std::vector<ShardSnapshot>> RedisShards::Fetch(std::span<const ShardId> shards) {
  const auto deadline = std::chrono::steady_clock::now() + timeout_;
  CROSSPOINT_ASSIGN_OR_RETURN(const auto epoch, ReadEpoch(deadline));
  std::vector<std::future<absl::StatusOr<RedisReply>>> replies;
  for (const auto shard : shards) {
    auto promise = std::make_shared<std::promise<absl::StatusOr<RedisReply>>>();  // shared: callbacks are copied
    replies.push_back(promise->get_future());
    redis_.RunScriptAsync(
        kSnapshotScript,
        {ShardKey(shard.value, "records"), ShardKey(shard.value, "revision"), ShardKey(shard.value, "forgotten")}, {},
        deadline, [promise](absl::StatusOr<RedisReply> reply) { promise->set_value(std::move(reply)); });
  }
  std::vector<ShardSnapshot> snapshots;
  absl::Status failure;
  for (size_t i = 0; i < replies.size(); ++i) {
    const auto reply = replies[i].get();
    if (!reply.ok()) {
      failure = reply.status();
      continue;
    }
    auto snapshot = SnapshotOf(shards[i], epoch, *reply);
    if (snapshot.ok()) {
      snapshots.push_back(*std::move(snapshot));
    } else {
      failure = snapshot.status();
    }
  }
  CROSSPOINT_RETURN_IF_ERROR(failure);
  // The same epoch before and after holds for all in between.
  CROSSPOINT_ASSIGN_OR_RETURN(const auto epoch_after, ReadEpoch(deadline));
  if (epoch_after != epoch) return absl::AbortedError("the store's epoch changed while shards were read");
  epoch_.Set(epoch);
  return snapshots;
}

absl::StatusOr<ShardRevisions> RedisShards::ReadRevisions() {
  const auto deadline = std::chrono::steady_clock::now() + timeout_;
  // One round trip for all; on a cluster this would be one per node.
  static const auto kCommand = [] {
    std::vector<std::string> command{"MGET", kEpochKey};
    for (size_t shard = 0; shard < kShardCount; ++shard) {
      command.push_back(ShardKey(static_cast<uint8_t>(shard), "revision"));
    }
    return command;
  }();
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, redis_.Call(kCommand, deadline));
  const auto& values = reply.array();
  if (values.size() != kCommand.size() - 1) return absl::InternalError("unexpected answer to MGET");
  ShardRevisions read;
  for (size_t shard = 0; shard < kShardCount; ++shard) {
    if (values[shard + 1].is_nil()) continue;
    CROSSPOINT_ASSIGN_OR_RETURN(const auto revision, values[shard + 1].AsInteger());
    read.revisions[shard] = static_cast<uint64_t>(revision);
  }
  if (values[0].is_nil()) {
    CROSSPOINT_ASSIGN_OR_RETURN(read.epoch, NewEpoch("", deadline));
  } else {
    read.epoch = values[0].text();
  }
  if (WentBack(read)) {
    const auto lost = read.epoch;
    CROSSPOINT_ASSIGN_OR_RETURN(read.epoch, NewEpoch(lost, deadline));
    log_.Error("presence_store_went_back", {{"epoch", lost}, {"new_epoch", read.epoch}});
  }
  {
    const std::lock_guard lock(mu_);
    seen_ = read;
  }
  epoch_.Set(read.epoch);
  return read;
}

bool RedisShards::WentBack(const ShardRevisions& read) {
  const std::lock_guard lock(mu_);
  if (seen_.epoch != read.epoch) return false;
  for (size_t shard = 0; shard < kShardCount; ++shard) {
    if (read.revisions[shard] < seen_.revisions[shard]) return true;
  }
  return false;
}

}  // namespace crosspoint::presence
