#include "common/redis/slots_scripts.h"

#include <string>

namespace crosspoint {
namespace {

constexpr char kServe[] = R"lua(
local pool = ARGV[1]
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local function text(number) return string.format('%.0f', number) end

local everywhere
local function pause_left(lane)
  if not everywhere then everywhere = tonumber(redis.call('GET', KEYS[5]) or 0) end
  local here = tonumber(redis.call('GET', KEYS[5] .. ':' .. lane) or 0)
  return math.max(everywhere, here, now) - now
end

-- Hands free slots to those who wait, the urgent first, each class in order. `own` is told by the return value instead
-- of a message.
local function serve(own)
  local total, per_lane, reserved = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', text(now))
  local used, lanes, served = 0, {}, false
  for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    local lane = string.match(member, ':(.*)$')
    used, lanes[lane] = used + 1, (lanes[lane] or 0) + 1
  end
  local function queue(key, kept_all, kept_lane)
    for _, member in ipairs(redis.call('ZRANGE', key, 0, 255)) do
      if used >= total - kept_all then return end
      local id, lane = string.match(member, '^([^:]*):(.*)$')
      local until_, hold = string.match(redis.call('HGET', KEYS[4], member) or '0:0', '^(%d+):(%d+)$')
      local late = tonumber(until_) <= now
      local free = not late and (lanes[lane] or 0) < per_lane - kept_lane and pause_left(lane) == 0
      if late or free then
        redis.call('ZREM', key, member)
        redis.call('HDEL', KEYS[4], member)
      end
      if free then
        redis.call('ZADD', KEYS[1], hold, member)
        used, lanes[lane] = used + 1, (lanes[lane] or 0) + 1
        if member == own then
          served = true
        else
          redis.call('RPUSH', pool .. ':turn:' .. id, '1')
          redis.call('PEXPIRE', pool .. ':turn:' .. id, 60000)
        end
      end
    end
  end
  queue(KEYS[2], 0, 0)
  queue(KEYS[3], math.min(reserved, total - 1), math.min(reserved, per_lane - 1))
  return served
end
)lua";

constexpr char kTake[] = R"lua(
local member, key = ARGV[5], ARGV[6] == 'urgent' and KEYS[2] or KEYS[3]
local lane = string.match(member, ':(.*)$')
if redis.call('ZSCORE', KEYS[1], member) then return {'taken'} end
local wish = redis.call('HGET', KEYS[4], member)
local give_up = wish and tonumber(string.match(wish, '^%d+')) or now + tonumber(ARGV[7])
local left = pause_left(lane)
if left > 0 and now + left >= give_up then
  redis.call('ZREM', key, member)
  redis.call('HDEL', KEYS[4], member)
  return {'paused', left}
end
if not wish then
  if redis.call('ZCARD', key) >= 1000 then return {'full'} end
  redis.call('HSET', KEYS[4], member, text(give_up) .. ':' .. text(now + tonumber(ARGV[8])))
  redis.call('ZADD', key, text(now), member)
end
if serve(member) then return {'taken'} end
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return {'wait', left, first[2] and math.max(tonumber(first[2]) - now, 0) or 0}
)lua";

constexpr char kGive[] = R"lua(
local member = ARGV[5]
redis.call('ZREM', KEYS[1], member)
redis.call('ZREM', KEYS[2], member)
redis.call('ZREM', KEYS[3], member)
redis.call('HDEL', KEYS[4], member)
if ARGV[6] == '1' then
  redis.call('DEL', pool .. ':strikes:' .. string.match(member, ':(.*)$'), pool .. ':strikes:')
end
serve(nil)
return 1
)lua";

// Those who wait are told to look again: their pause has another end now.
constexpr char kPause[] = R"lua(
local pool, lane, length = ARGV[1], ARGV[2], tonumber(ARGV[3])
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local key = lane == '' and KEYS[5] or KEYS[5] .. ':' .. lane
local running = math.max(tonumber(redis.call('GET', key) or 0) - now, 0)
if length < 0 then
  if running > 0 then return running end
  local strikes = pool .. ':strikes:' .. lane
  local count = redis.call('INCR', strikes)
  redis.call('EXPIRE', strikes, 900)
  local whole = math.min(tonumber(ARGV[4]) * 2 ^ math.min(count - 1, 20), tonumber(ARGV[5]))
  length = math.floor(whole * (0.5 + tonumber(ARGV[6]) / 2))
end
if length <= running then return running end
redis.call('SET', key, string.format('%.0f', now + length), 'PX', math.ceil(length / 1000) + 1)
for _, queue in ipairs({KEYS[2], KEYS[3]}) do
  for _, member in ipairs(redis.call('ZRANGE', queue, 0, 255)) do
    local id, its = string.match(member, '^([^:]*):(.*)$')
    if lane == '' or its == lane then
      redis.call('RPUSH', pool .. ':turn:' .. id, '0')
      redis.call('PEXPIRE', pool .. ':turn:' .. id, 60000)
    end
  end
end
return length
)lua";

}  // namespace

const RedisScript& TakeSlotScript() {
  static const RedisScript script("slots_take", std::string(kServe) + kTake);
  return script;
}

const RedisScript& GiveSlotScript() {
  static const RedisScript script("slots_give", std::string(kServe) + kGive);
  return script;
}

const RedisScript& PauseSlotsScript() {
  static const RedisScript script("slots_pause", kPause);
  return script;
}

}  // namespace crosspoint
