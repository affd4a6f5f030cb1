#include "meeting_sync/adapters/redis_ports.h"

#include <algorithm>

#include "common/status/status.h"
#include "meeting_sync/adapters/keys.h"
#include "meeting_sync/app/reasons.h"

namespace crosspoint::meeting_sync {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kNameLife = std::chrono::hours{24 * 7};

const RedisScript& BeatScript() {
  static const RedisScript script("meeting_sync_beat", R"lua(
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], string.format('%d', now + tonumber(ARGV[2])), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%d', now))
return redis.call('ZRANGE', KEYS[1], 0, -1)
)lua");
  return script;
}

const RedisScript& LivesScript() {
  static const RedisScript script("meeting_sync_lives", R"lua(
local time = redis.call('TIME')
local until_ = redis.call('ZSCORE', KEYS[1], ARGV[1])
if until_ and tonumber(until_) > time[1] * 1000 + math.floor(time[2] / 1000) then return 1 end
return 0
)lua");
  return script;
}

std::string NameKey(const UserId& user, const ItemKey& key) { return MailboxKey(user, "name:" + key.value); }

}  // namespace

absl::StatusOr<MailboxLease> RedisMailboxLeases::Acquire(const UserId& user, std::function<void()> on_lost) {
  const auto key = MailboxKey(user, "lease");
  auto lease = leases_.Acquire(key, replicas_.self(), ttl_, redis_.DefaultDeadline());
  if (HasReason(lease.status(), kLeaseHeld)) lease = TakeFromSilent(key, lease.status());
  if (!lease.ok()) return lease.status();
  keeper_.Keep(*lease, [on_lost = std::move(on_lost)](const Lease&) { on_lost(); });
  return MailboxLease{lease->token, lease->fence};
}

absl::StatusOr<Lease> RedisMailboxLeases::TakeFromSilent(const std::string& key, const absl::Status& held) {
  const auto deadline = redis_.DefaultDeadline();
  CROSSPOINT_ASSIGN_OR_RETURN(const auto token, redis_.Call({"GET", key}, deadline));
  const auto colon = token.text().find(':');
  if (colon == std::string::npos) return held;
  CROSSPOINT_ASSIGN_OR_RETURN(const bool silent, replicas_.IsSilent(token.text().substr(colon + 1)));
  if (!silent) return held;
  CROSSPOINT_RETURN_IF_ERROR(leases_.Release({.key = key, .token = token.text()}, deadline));
  return leases_.Acquire(key, replicas_.self(), ttl_, deadline);
}

void RedisMailboxLeases::Release(const UserId& user, const MailboxLease& lease) {
  // One that cannot be given back runs out by itself.
  static_cast<void>(
      keeper_.Release({.key = MailboxKey(user, "lease"),
                       .holder = replicas_.self(),
                       .fence = lease.fence,
                       .token = lease.token,
                       .ttl = ttl_},
                      std::min(redis_.DefaultDeadline(), std::chrono::steady_clock::now() + milliseconds{500})));
}

absl::StatusOr<std::vector<std::string>> RedisReplicas::Beat() {
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply,
      redis_.RunScript(BeatScript(), {kReplicasKey}, {self_, std::to_string(ttl_.count())}, redis_.DefaultDeadline()));
  std::vector<std::string> live;
  for (const auto& name : reply.array()) live.push_back(name.text());
  std::sort(live.begin(), live.end());
  return live;
}

absl::StatusOr<bool> RedisReplicas::IsSilent(const std::string& replica) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto live,
                              redis_.RunScript(LivesScript(), {kReplicasKey}, {replica}, redis_.DefaultDeadline()));
  return live.integer() == 0;
}

void RedisReplicas::Leave() {
  static_cast<void>(
      redis_.Call({"ZREM", kReplicasKey, self_}, std::chrono::steady_clock::now() + std::chrono::milliseconds{500}));
}

absl::Status RedisNameMemory::Remember(const UserId& user, const std::vector<Meeting>& meetings) {
  const auto deadline = redis_.DefaultDeadline();
  for (const auto& meeting : meetings) {
    CROSSPOINT_RETURN_IF_ERROR(
        redis_
            .Call({"SET", NameKey(user, meeting.key), meeting.item.id, "EX", std::to_string(kNameLife.count())},
                  deadline)
            .status());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<ItemRef>> RedisNameMemory::Find(const UserId& user, const ItemKey& key) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, redis_.Call({"GET", NameKey(user, key)}, redis_.DefaultDeadline()));
  if (reply.is_nil()) return std::optional<ItemRef>();
  return ItemRef{.id = reply.text()};
}

}  // namespace crosspoint::meeting_sync
