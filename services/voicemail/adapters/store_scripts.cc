#include "voicemail/adapters/store_scripts.h"

#include <string>

#include "common/redis/outbox.h"

namespace crosspoint::voicemail {
namespace {

// Names for the keys that all scripts have, and what several of them do.
//   show(id)             the message looks otherwise to people now
//   change(id, op, now)  whether it was otherwise before
constexpr char kPrelude[] = R"lua(
local MESSAGE, ALL, LIVE, NEW, REVISIONS, DELETED, COPIES, META, SETTINGS, OUTBOX =
  KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10]
local function get(field) return redis.call('HGET', MESSAGE, field) or '' end
local function bump()
  local seq = redis.call('HINCRBY', META, 'seq', 1)
  redis.call('HSET', MESSAGE, 'touched', seq)
  return seq
end
local function show(id)
  local seq = bump()
  redis.call('HSET', MESSAGE, 'revision', seq)
  redis.call('ZADD', REVISIONS, seq, id)
  return seq
end
local function change(id, op, now)
  local is_deleted = get('deleted') ~= ''
  if op == 'heard' or op == 'new' then
    if get('state') == op then return false end
    redis.call('HSET', MESSAGE, 'state', op)
    if op == 'heard' then redis.call('ZREM', NEW, id)
    elseif not is_deleted then redis.call('ZADD', NEW, get('received'), id) end
  elseif op == 'delete' then
    if is_deleted then return false end
    redis.call('HSET', MESSAGE, 'deleted', now)
    redis.call('ZREM', LIVE, id)
    redis.call('ZREM', NEW, id)
    redis.call('ZADD', DELETED, now, id)
  else
    if not is_deleted then return false end
    redis.call('HSET', MESSAGE, 'deleted', '')
    redis.call('ZADD', LIVE, get('received'), id)
    if get('state') == 'new' then redis.call('ZADD', NEW, get('received'), id) end
    redis.call('ZREM', DELETED, id)
  end
  show(id)
  return true
end
)lua";

constexpr char kFenced[] = R"lua(
if redis.call('GET', KEYS[12]) ~= ARGV[1] then return redis.error_reply('FENCED lease lost') end
)lua";

RedisScript Make(const char* name, const char* body) {
  return RedisScript(std::string("voicemail_") + name, std::string(kOutboxLua) + kPrelude + body);
}

}  // namespace

const RedisScript& AddScript() {
  static const auto script = Make("add", R"lua(
local id, fingerprint, prefix = ARGV[1], ARGV[2], ARGV[4]
if fingerprint ~= '' then
  local seen = redis.call('GET', KEYS[11])
  if seen then
    local cut = string.find(seen, ' ', 1, true)
    if string.sub(seen, cut + 1) ~= fingerprint then return {'reused'} end
    local made = string.sub(seen, 1, cut - 1)
    return {'repeated', made, redis.call('HGETALL', prefix .. made)}
  end
end
if redis.call('ZCARD', LIVE) >= tonumber(ARGV[3]) then return {'full'} end
local delivery = redis.call('HGET', SETTINGS, 'type') or 'none'
redis.call('HSET', MESSAGE, 'delivery', delivery, 'deleted', '', unpack(ARGV, 15))
local received = get('received')
redis.call('ZADD', ALL, received, id)
redis.call('ZADD', LIVE, received, id)
redis.call('ZADD', NEW, received, id)
local seq = show(id)
if delivery == 'synced' then
  redis.call('HSET', MESSAGE, 'owes_place', '1', 'owed', seq)
  redis.call('SADD', COPIES, id)
  outbox_add(OUTBOX, 5)
elseif delivery == 'notify' then
  outbox_add(OUTBOX, 10)
end
if fingerprint ~= '' then redis.call('SET', KEYS[11], id .. ' ' .. fingerprint, 'EX', 86400) end
return {'ok', id, redis.call('HGETALL', MESSAGE)}
)lua");
  return script;
}

const RedisScript& ChangeScript() {
  static const auto script = Make("change", R"lua(
local id, op, etag = ARGV[1], ARGV[2], ARGV[3]
if redis.call('EXISTS', MESSAGE) == 0 then return {'gone'} end
if etag ~= '' and get('revision') ~= etag then return {'stale'} end
local flag = 'owes_place'
if op == 'heard' or op == 'new' then
  if get('deleted') ~= '' then return {'deleted'} end
  flag = 'owes_read'
end
if change(id, op, ARGV[4]) and get('delivery') == 'synced' then
  redis.call('HSET', MESSAGE, flag, '1', 'owed', get('touched'))
  outbox_add(OUTBOX, 5)
end
return {'ok', id, redis.call('HGETALL', MESSAGE)}
)lua");
  return script;
}

const RedisScript& ForgetScript() {
  static const auto script = Make("forget", R"lua(
local id = ARGV[1]
if redis.call('EXISTS', MESSAGE) == 0 then return 1 end
local deleted = get('deleted')
if deleted == '' or tonumber(deleted) >= tonumber(ARGV[2]) then return 0 end
local revision = get('revision')
if tonumber(revision) > tonumber(redis.call('HGET', META, 'forgotten') or '0') then
  redis.call('HSET', META, 'forgotten', revision)
end
for _, index in ipairs({ALL, LIVE, NEW, REVISIONS, DELETED}) do redis.call('ZREM', index, id) end
redis.call('SREM', COPIES, id)
redis.call('DEL', MESSAGE)
return 1
)lua");
  return script;
}

const RedisScript& ListScript() {
  static const auto script = Make("list", R"lua(
local index = ARGV[1] == 'all' and ALL or LIVE
local prefix, limit, time, after = ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local found, offset = {}, 0
while #found < limit do
  local page = redis.call('ZREVRANGEBYSCORE', index, time, '-inf', 'WITHSCORES', 'LIMIT', offset, limit)
  if #page == 0 then break end
  offset = offset + limit
  for at = 1, #page, 2 do
    local id = page[at]
    -- Equal times stand in falling order of their ids.
    if #found < limit and (after == '' or page[at + 1] ~= time or id < after) then
      found[#found + 1] = {id, redis.call('HGETALL', prefix .. id)}
    end
  end
end
return found
)lua");
  return script;
}

const RedisScript& StateScript() {
  static const auto script = Make("state", R"lua(
local ids
if ARGV[2] == '0' then
  ids = redis.call('ZREVRANGE', LIVE, 0, -1)
else
  ids = redis.call('ZRANGEBYSCORE', REVISIONS, '(' .. ARGV[2], '+inf')
end
local messages = {}
for at, id in ipairs(ids) do messages[at] = {id, redis.call('HGETALL', ARGV[1] .. id)} end
return {redis.call('HGET', META, 'seq') or '0', redis.call('HGET', META, 'forgotten') or '0',
        redis.call('ZCARD', LIVE), redis.call('ZCARD', NEW), messages}
)lua");
  return script;
}

const RedisScript& SettingsScript() {
  static const auto script = Make("settings", R"lua(
local revision = redis.call('HGET', SETTINGS, 'revision') or '0'
if ARGV[1] ~= '0' and ARGV[1] ~= revision then return {'stale'} end
redis.call('HSET', SETTINGS, 'type', ARGV[2], 'address', ARGV[3], 'attach', ARGV[4])
return {'ok', redis.call('HINCRBY', SETTINGS, 'revision', 1)}
)lua");
  return script;
}

const RedisScript& CopiesScript() {
  static const auto script = Make("copies", R"lua(
local found = {}
for at, id in ipairs(redis.call('SMEMBERS', COPIES)) do
  found[at] = {id, redis.call('HGETALL', ARGV[1] .. id)}
end
return found
)lua");
  return script;
}

const RedisScript& WrittenScript() {
  static const auto script = Make("written", R"lua(
if redis.call('EXISTS', MESSAGE) == 0 then return 0 end
redis.call('HSET', MESSAGE, 'item', ARGV[2], 'place', ARGV[3], 'read', ARGV[4])
if get('owed') == ARGV[1] then redis.call('HDEL', MESSAGE, 'owes_read', 'owes_place') end
bump()
return 1
)lua");
  return script;
}

const RedisScript& ApplyScript() {
  static const auto script = RedisScript("voicemail_apply", std::string(kPrelude) + kFenced + R"lua(
local id, item, place, read, now = ARGV[2], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
if redis.call('EXISTS', MESSAGE) == 0 then return 'gone' end
if tonumber(get('touched')) > tonumber(ARGV[3]) then return 'touched' end
redis.call('HSET', MESSAGE, 'item', item)
if get('owes_place') == '' then
  redis.call('HSET', MESSAGE, 'place', place)
  change(id, (place == 'deleted' or place == 'gone') and 'delete' or 'undelete', now)
end
if get('owes_read') == '' and place ~= 'gone' then
  redis.call('HSET', MESSAGE, 'read', read)
  change(id, read == '1' and 'heard' or 'new', now)
end
return 'done'
)lua");
  return script;
}

const RedisScript& PointScript() {
  static const auto script = RedisScript("voicemail_point", std::string(kPrelude) + kFenced + R"lua(
redis.call('HSET', KEYS[11], 'inbox', ARGV[2], 'deleted', ARGV[3], 'stopped', ARGV[4])
if ARGV[5] == '1' then redis.call('HDEL', KEYS[11], 'released') end
return 1
)lua");
  return script;
}

const RedisScript& ReleaseScript() {
  static const auto script = Make("release", R"lua(
local stopped = redis.call('HGET', KEYS[11], 'stopped') or '0'
if stopped ~= '0' then redis.call('HSET', KEYS[11], 'released', '1') end
return stopped
)lua");
  return script;
}

const RedisScript& KeepScript() {
  static const auto script = Make("keep", R"lua(
local stopped = redis.call('HGET', KEYS[11], 'stopped') or '0'
if stopped == '0' then return stopped end
for at = 2, #ARGV, 6 do
  MESSAGE = ARGV[1] .. ARGV[at]
  if redis.call('EXISTS', MESSAGE) == 1 and get('deleted') == '' then
    redis.call('HSET', MESSAGE, 'owes_place', '1', 'owed', bump())
    outbox_add(OUTBOX, at + 1)
  end
end
return stopped
)lua");
  return script;
}

}  // namespace crosspoint::voicemail
