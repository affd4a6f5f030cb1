#include "meeting_sync/adapters/meeting_scripts.h"

#include <string>

#include "common/redis/outbox.h"

namespace crosspoint::meeting_sync {

const RedisScript& ClaimCodeScript() {
  static const RedisScript script("meeting_sync_claim_code", R"lua(
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
)lua");
  return script;
}

// KEYS: meetings, times, uids, linked, prepared, gone, revision, changes, floor, claims, conflicts, outbox, request.
// ARGV: 1 id, 2 expected revision, 3 record, 4 state, 5 end, 6 uid, 7 item key, 8 expires, 9 now, 10 digest or '',
// 11 to 13 limits of prepared, upcoming and claims, 14 claim to place or '', 15 its end, 16 claim to take back or '';
// then conflicts behind their number (6 each), and outbox entries behind theirs. Times in microseconds.
const RedisScript& PutMeetingScript() {
  static const RedisScript script("meeting_sync_put_meeting", std::string(kOutboxLua) + R"lua(
local day = 86400000000
local id, now = ARGV[1], tonumber(ARGV[9])
local function number(value) return string.format('%.0f', value) end
local function fields_of(raw) return cjson.decode(string.sub(raw, string.find(raw, '\n', 1, true) + 1)) end

if ARGV[10] ~= '' then
  local made = redis.call('GET', KEYS[13])
  if made then
    local space = string.find(made, ' ', 1, true)
    if string.sub(made, 1, space - 1) ~= ARGV[10] then return {'reused'} end
    return {'repeated', string.sub(made, space + 1)}
  end
end

local function unindex(which, raw)
  local known = fields_of(raw)
  if known.uid ~= '' and redis.call('HGET', KEYS[3], known.uid) == which then redis.call('HDEL', KEYS[3], known.uid) end
  if known.item and redis.call('HGET', KEYS[4], known.item.key) == which then
    redis.call('HDEL', KEYS[4], known.item.key)
  end
  redis.call('ZREM', KEYS[2], which)
  redis.call('ZREM', KEYS[5], which)
  redis.call('ZREM', KEYS[6], which)
end
local function forget(key, before)
  for _, which in ipairs(redis.call('ZRANGEBYSCORE', key, '-inf', number(before), 'LIMIT', 0, 20)) do
    local raw = redis.call('HGET', KEYS[1], which)
    if raw then unindex(which, raw) else redis.call('ZREM', key, which) end
    redis.call('HDEL', KEYS[1], which)
    redis.call('ZADD', KEYS[8], redis.call('INCR', KEYS[7]), which)
  end
end
forget(KEYS[5], now)
forget(KEYS[6], now)
forget(KEYS[2], now - 400 * day)

local old = redis.call('HGET', KEYS[1], id)
local revision = old and string.sub(old, 1, string.find(old, '\n', 1, true) - 1) or '0'
if revision ~= ARGV[2] then return {'changed'} end

redis.call('ZREMRANGEBYSCORE', KEYS[10], '-inf', number(now))

local after = '(' .. number(now)
local function others(key, from)
  local count = redis.call('ZCOUNT', key, from, '+inf')
  local mine = redis.call('ZSCORE', key, key == KEYS[10] and ARGV[14] or id)
  if mine and tonumber(mine) > now then count = count - 1 end
  return count
end
if ARGV[4] == '0' and others(KEYS[5], after) >= tonumber(ARGV[11]) then return {'too_many', 'prepared'} end
if ARGV[4] == '1' and tonumber(ARGV[5]) > now and others(KEYS[2], after) >= tonumber(ARGV[12]) then
  return {'too_many', 'upcoming'}
end
if ARGV[14] ~= '' and others(KEYS[10], after) >= tonumber(ARGV[13]) then return {'too_many', 'claims'} end

if old then unindex(id, old) end
local now_at = redis.call('INCR', KEYS[7])
redis.call('HSET', KEYS[1], id, now_at .. '\n' .. ARGV[3])
redis.call('ZADD', KEYS[8], now_at, id)
if ARGV[4] == '0' then redis.call('ZADD', KEYS[5], ARGV[8], id) end
if ARGV[4] == '1' then redis.call('ZADD', KEYS[2], ARGV[5], id) end
if ARGV[4] == '2' then
  redis.call('ZADD', KEYS[6], number(now + 30 * day), id)
elseif ARGV[6] ~= '' then
  redis.call('HSET', KEYS[3], ARGV[6], id)
end
if ARGV[7] ~= '' then redis.call('HSET', KEYS[4], ARGV[7], id) end
local over = redis.call('ZCARD', KEYS[8]) - 5000
if over > 0 then
  local dropped = redis.call('ZPOPMIN', KEYS[8], over)
  redis.call('SET', KEYS[9], dropped[#dropped])
end

if ARGV[16] ~= '' then redis.call('ZREM', KEYS[10], ARGV[16]) end
if ARGV[14] ~= '' then redis.call('ZADD', KEYS[10], ARGV[15], ARGV[14]) end
local at = 18
for _ = 1, tonumber(ARGV[17]) do
  redis.call('XADD', KEYS[11], 'MAXLEN', '~', 1000, '*', 'meeting', ARGV[at], 'field', ARGV[at + 1], 'mailbox',
             ARGV[at + 2], 'bridge', ARGV[at + 3], 'kept', ARGV[at + 4], 'time', ARGV[at + 5])
  at = at + 6
end
local entries = tonumber(ARGV[at])
at = at + 1
for _ = 1, entries do
  outbox_add(KEYS[12], at)
  at = at + 5
end
if ARGV[10] ~= '' then redis.call('SET', KEYS[13], ARGV[10] .. ' ' .. id, 'EX', 86400) end
return {'ok', tostring(now_at)}
)lua");
  return script;
}

const RedisScript& ListMeetingsScript() {
  static const RedisScript script("meeting_sync_list_meetings", R"lua(
local found = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], '+inf', 'LIMIT', 0, ARGV[2])) do
  local raw = redis.call('HGET', KEYS[2], id)
  if raw then
    found[#found + 1] = id
    found[#found + 1] = raw
  end
end
return found
)lua");
  return script;
}

const RedisScript& MeetingChangesScript() {
  static const RedisScript script("meeting_sync_meeting_changes", R"lua(
local found = {redis.call('GET', KEYS[1]) or '0', redis.call('GET', KEYS[4]) or '0'}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[1], '+inf')) do
  found[#found + 1] = id
  found[#found + 1] = redis.call('HGET', KEYS[3], id)
end
return found
)lua");
  return script;
}

}  // namespace crosspoint::meeting_sync
