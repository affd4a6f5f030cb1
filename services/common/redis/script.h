#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace crosspoint {

// A Lua script, usually a constant of the file that runs it:
//   const RedisScript kPutClaim("put_claim", R"lua(… redis.call('HSET', KEYS[1], …) …)lua");
//   redis.RunScriptDurable(kPutClaim, {key, outbox}, {claim_json}, deadline);
// Immutable; any thread.
class RedisScript {
 public:
  // `name` labels metrics and error messages. `source` is the complete Lua text.
  RedisScript(std::string name, std::string source);

  const std::string& name() const { return name_; }
  const std::string& source() const { return source_; }
  const std::string& sha1() const { return sha1_; }  // 40 hex digits, as EVALSHA wants

 private:
  std::string name_;
  std::string source_;
  std::string sha1_;
};

// The part of a key that decides its cluster slot: what stands between the first '{' and the next '}', else the whole
// key.
std::string_view RedisHashTag(std::string_view key);

// kInvalidArgument when `keys` do not all share one hash tag: such a script would fail on Redis Cluster.
absl::Status CheckOneTag(const std::vector<std::string>& keys);

}  // namespace crosspoint
