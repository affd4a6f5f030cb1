#include "meeting_sync/adapters/redis_guess_limit.h"

#include <algorithm>

#include "common/status/status.h"
#include "meeting_sync/app/reasons.h"
#include "meeting_sync/domain/calendar_entry.h"

namespace crosspoint::meeting_sync {
namespace {

// KEYS: count of all, count of the peer. ARGV: the most of each, window in ms. Answers 0, or for how long to wait.
const RedisScript& TakeScript() {
  static const RedisScript script("meeting_sync_guess", R"lua(
for i = 1, 2 do
  if tonumber(redis.call('GET', KEYS[i]) or '0') >= tonumber(ARGV[i]) then
    return math.max(1, redis.call('PTTL', KEYS[i]))
  end
end
for i = 1, 2 do
  if redis.call('INCR', KEYS[i]) == 1 then redis.call('PEXPIRE', KEYS[i], ARGV[3]) end
end
return 0
)lua");
  return script;
}

const RedisScript& GiveBackScript() {
  static const RedisScript script("meeting_sync_guess_right", R"lua(
for i = 1, 2 do
  if tonumber(redis.call('GET', KEYS[i]) or '0') > 0 then redis.call('DECR', KEYS[i]) end
end
return 1
)lua");
  return script;
}

// "ipv4:10.0.0.7:51034" without the port, which every connection has anew.
std::string HostOf(const std::string& peer) { return peer.substr(0, peer.rfind(':')); }

std::vector<std::string> KeysOf(const std::string& peer) {
  return {"cp:{meeting_sync:_}:guesses", "cp:{meeting_sync:_}:guesses:" + KeyOf(HostOf(peer)).value};
}

}  // namespace

absl::Status RedisGuessLimit::Take(const std::string& peer, Deadline deadline) {
  const auto window = std::chrono::milliseconds{limits_.window}.count();
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply,
      redis_.RunScript(TakeScript(), KeysOf(peer),
                       {std::to_string(limits_.all), std::to_string(limits_.per_peer), std::to_string(window)},
                       std::min(deadline, redis_.DefaultDeadline())));
  if (reply.integer() == 0) return absl::OkStatus();
  return ErrorWithInfo(absl::StatusCode::kResourceExhausted, "too many wrong codes; try again later",
                       {.reason = "TOO_MANY_GUESSES",
                        .domain = kErrorDomain,
                        .metadata = {{"remaining_ms", std::to_string(reply.integer())}}});
}

void RedisGuessLimit::GiveBack(const std::string& peer, Deadline deadline) {
  // Lost, it counts as one wrong code for a minute.
  static_cast<void>(redis_.RunScript(GiveBackScript(), KeysOf(peer), {}, std::min(deadline, redis_.DefaultDeadline())));
}

}  // namespace crosspoint::meeting_sync
