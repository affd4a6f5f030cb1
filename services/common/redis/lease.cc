#include "common/redis/lease.h"

#include <fmt/format.h>

#include <utility>

#include "common/redis/errors.h"
#include "common/status/status.h"

namespace crosspoint {
namespace {

const RedisScript kAcquire("lease_acquire", R"lua(
local current = redis.call('GET', KEYS[1])
if current then
  local holder = string.match(current, '^%d+:(.*)$')
  if holder ~= ARGV[1] then return {0, holder or '', redis.call('PTTL', KEYS[1])} end
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return {1, tonumber(string.match(current, '^%d+'))}
end
local fence = redis.call('INCR', KEYS[2])
redis.call('SET', KEYS[1], string.format('%d:%s', fence, ARGV[1]), 'PX', ARGV[2])
return {1, fence}
)lua");

const RedisScript kRenew("lease_renew", R"lua(
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
)lua");

const RedisScript kRelease("lease_release", R"lua(
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
)lua");

absl::Status Held(const std::string& key, const std::string& holder, int64_t remaining_ms) {
  return ErrorWithInfo(absl::StatusCode::kFailedPrecondition, fmt::format("lease {} is held by {}", key, holder),
                       {.reason = "LEASE_HELD",
                        .domain = kRedisErrorDomain,
                        .metadata = {{"holder", holder}, {"remaining_ms", std::to_string(remaining_ms)}}});
}

absl::Status Judge(const absl::StatusOr<RedisReply>& reply, const std::string& key) {
  if (!reply.ok()) return reply.status();
  if (reply->integer() == 1) return absl::OkStatus();
  return RedisError(absl::StatusCode::kAborted, "LEASE_LOST", "lease " + key + " has expired or has another owner");
}

}  // namespace

absl::StatusOr<Lease> Leases::Acquire(const std::string& key, const std::string& holder, std::chrono::milliseconds ttl,
                                      Deadline deadline) {
  const auto asked = std::chrono::steady_clock::now();
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply,
      redis_.RunScriptDurable(kAcquire, {key, key + ":fence"}, {holder, std::to_string(ttl.count())}, deadline));
  const auto& answer = reply.array();
  if (answer.size() == 3) return Held(key, answer[1].text(), answer[2].integer());
  if (answer.size() != 2) return absl::InternalError("lease_acquire: unexpected reply");
  const auto fence = static_cast<uint64_t>(answer[1].integer());
  return Lease{.key = key,
               .holder = holder,
               .fence = fence,
               .token = fmt::format("{}:{}", fence, holder),
               .ttl = ttl,
               .valid_until = asked + ttl};
}

absl::Status Leases::Renew(const Lease& lease, Deadline deadline) {
  return Judge(redis_.RunScript(kRenew, {lease.key}, {lease.token, std::to_string(lease.ttl.count())}, deadline),
               lease.key);
}

void Leases::RenewAsync(const Lease& lease, Deadline deadline, std::function<void(absl::Status)> done) {
  redis_.RunScriptAsync(
      kRenew, {lease.key}, {lease.token, std::to_string(lease.ttl.count())}, deadline,
      [key = lease.key, done = std::move(done)](const absl::StatusOr<RedisReply>& reply) { done(Judge(reply, key)); });
}

absl::Status Leases::Release(const Lease& lease, Deadline deadline) {
  return redis_.RunScript(kRelease, {lease.key}, {lease.token}, deadline).status();
}

}  // namespace crosspoint
