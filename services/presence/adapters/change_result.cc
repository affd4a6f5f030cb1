#include "presence/adapters/change_result.h"

#include <utility>

#include "common/redis/reply.h"
#include "common/status/status.h"
#include "presence/adapters/record_codec.h"
#include "presence/adapters/shard_keys.h"

namespace crosspoint::presence {
namespace {

absl::Status Refusal(const std::string& word) {
  if (word == "ABORTED") {
    return ErrorWithInfo(absl::StatusCode::kAborted, "the user's claims changed meanwhile",
                         {"CHANGED_MEANWHILE", "presence.crosspoint", {}});
  }
  if (word == "FULL") {
    return ErrorWithInfo(absl::StatusCode::kResourceExhausted,
                         "the user has " + std::to_string(kMaxClaims) + " claims already",
                         {"TOO_MANY_CLAIMS", "presence.crosspoint", {}});
  }
  if (word == "DEVICES") {
    return ErrorWithInfo(absl::StatusCode::kResourceExhausted,
                         "the user has " + std::to_string(kMaxDevices) + " devices in use already",
                         {"TOO_MANY_DEVICES", "presence.crosspoint", {}});
  }
  return absl::InternalError("unexpected answer of the claim script: " + word);
}

}  // namespace

absl::Status Unreadable(const char* what) {
  return absl::InternalError(std::string("Redis holds an unreadable ") + what);
}

std::vector<std::string> UserKeys(uint8_t shard, const UserKey& user) {
  return {ShardKey(shard, "claims:" + user), ShardKey(shard, "records"),   ShardKey(shard, "revision"),
          ShardKey(shard, "ended"),          ShardKey(shard, "forgotten"), ShardKey(shard, "signals:" + user)};
}

absl::StatusOr<ChangeResult> ResultOf(const RedisReply& reply, uint8_t shard, std::string epoch) {
  const auto& parts = reply.array();
  if (parts.empty()) return Unreadable("answer");
  const auto& word = parts[0].text();
  if (word != "CHANGED" && word != "SAME") return Refusal(word);
  if (parts.size() < 3) return Unreadable("answer");
  const auto now = DecodeTime(parts[1].text());
  const auto record = DecodeRecord(parts[2].text());
  if (!now || !record) return Unreadable("record");
  ChangeResult result;
  result.changed = word == "CHANGED";
  result.now = *now;
  result.record = *record;
  result.shard = shard;
  result.epoch = std::move(epoch);
  return result;
}

}  // namespace crosspoint::presence
