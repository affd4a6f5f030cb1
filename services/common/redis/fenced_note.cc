#include "common/redis/fenced_note.h"

namespace crosspoint {

absl::Status FencedNote(RedisClient& redis, const std::string& key, const std::string& lease_key,
                        const std::string& token, const std::string& field, const std::string& value) {
  static const RedisScript script("fenced_note", R"lua(
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return redis.error_reply('FENCED lease lost') end
return redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
)lua");
  return redis.RunScript(script, {key, lease_key}, {token, field, value}, redis.DefaultDeadline()).status();
}

}  // namespace crosspoint
