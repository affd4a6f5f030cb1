#include "common/redis/outbox_scripts.h"

#include <string>

namespace crosspoint {
namespace {

// next_entry(): the oldest entry not acknowledged, whoever had it (only the owner comes here), else the next new one.
// An emptied stream is deleted, so that idle tags cost nothing; its group comes back with its next entry.
constexpr char kNext[] = R"lua(
local function next_entry()
  if redis.call('XLEN', KEYS[1]) == 0 then
    redis.call('DEL', KEYS[1], KEYS[2])
    return {'empty'}
  end
  redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
  local claimed = redis.pcall('XAUTOCLAIM', KEYS[1], 'outbox', ARGV[1], 0, '0-0', 'COUNT', 1)
  local entry = nil
  if claimed.err then
    redis.call('XGROUP', 'CREATE', KEYS[1], 'outbox', '0')
  else
    entry = claimed[2][1]
  end
  if not entry then
    local read = redis.call('XREADGROUP', 'GROUP', 'outbox', ARGV[1], 'COUNT', 1, 'STREAMS', KEYS[1], '>')
    if not read then return {'empty'} end
    entry = read[1][2][1]
  end
  local pending = redis.call('XPENDING', KEYS[1], 'outbox', entry[1], entry[1], 1)
  return {'entry', entry[1], pending[1][4], entry[2]}
end
)lua";

// Nobody owning the stream is as good as owning it: the ownership ran out, but nobody else began.
constexpr char kMine[] = R"lua(
local owner = redis.call('GET', KEYS[2])
if owner and owner ~= ARGV[1] then return {'busy'} end
)lua";

constexpr char kAcknowledge[] = R"lua(
redis.call('XACK', KEYS[1], 'outbox', ARGV[3])
redis.call('XDEL', KEYS[1], ARGV[3])
if ARGV[4] == '1' or redis.call('XLEN', KEYS[1]) == 0 then return next_entry() end
redis.call('DEL', KEYS[2])
return {'released'}
)lua";

}  // namespace

const RedisScript& OutboxTakeScript() {
  static const RedisScript script("outbox_take", std::string(kNext) + kMine + "return next_entry()");
  return script;
}

const RedisScript& OutboxDoneScript() {
  static const RedisScript script("outbox_done", std::string(kNext) + kMine + kAcknowledge);
  return script;
}

const RedisScript& OutboxBuryScript() {
  static const RedisScript script("outbox_bury", std::string(kNext) + kMine + R"lua(
local found = redis.call('XRANGE', KEYS[1], ARGV[3], ARGV[3])
if #found == 1 then
  local time = redis.call('TIME')
  local fields = found[1][2]
  for _, value in ipairs({'reason', ARGV[5], 'attempts', ARGV[6], 'failed_at',
                          string.format('%d', time[1] * 1000 + math.floor(time[2] / 1000))}) do
    fields[#fields + 1] = value
  end
  redis.call('XADD', KEYS[3], '*', unpack(fields))
end
)lua" + kAcknowledge);
  return script;
}

const RedisScript& OutboxPostponeScript() {
  static const RedisScript script("outbox_postpone", R"lua(
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
)lua");
  return script;
}

const RedisScript& OutboxRenewScript() {
  static const RedisScript script("outbox_renew", R"lua(
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
)lua");
  return script;
}

const RedisScript& OutboxRegisteredScript() {
  static const RedisScript script("outbox_registered", R"lua(
local time = redis.call('TIME')
local old = time[1] * 1000 - ARGV[1]
local list = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
local out = {}
for i = 1, #list, 2 do
  out[#out + 1] = list[i]
  out[#out + 1] = list[i + 1]
  out[#out + 1] = tonumber(list[i + 1]) < old and 1 or 0
end
return out
)lua");
  return script;
}

const RedisScript& OutboxForgetScript() {
  static const RedisScript script("outbox_forget", R"lua(
if redis.call('ZSCORE', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
return redis.call('ZREM', KEYS[1], ARGV[1])
)lua");
  return script;
}

}  // namespace crosspoint
