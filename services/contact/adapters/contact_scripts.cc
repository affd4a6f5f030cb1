#include "contact/adapters/contact_scripts.h"

#include <string>

#include "common/redis/outbox.h"

namespace crosspoint::contact {

const char kWritesLua[] = R"lua(
local prefix, most, new_epoch = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local meta, contacts, stamps = prefix .. 'meta', prefix .. 'contacts', prefix .. 'stamps'
local changed, gone = prefix .. 'changed', prefix .. 'gone'
local time = redis.call('TIME')
local now = time[1] .. string.format('%06d', time[2])
local at = 4
local function take()
  at = at + 1
  return ARGV[at - 1]
end
local function index_of(source) return prefix .. 'source:' .. source end
local function stamp_of(id)
  local text = redis.call('HGET', stamps, id)
  if not text then return nil end
  local revision, edition, created, updated, source, source_id =
    string.match(text, '^(%d+) (%d+) (%d+) (%d+) (%S+) (.*)$')
  return {revision = revision, edition = edition, created = created, updated = updated, source = source,
          source_id = source_id}
end
local function next_revision()
  redis.call('HSETNX', meta, 'epoch', new_epoch)
  return redis.call('HINCRBY', meta, 'revision', 1)
end
local function forget_deletions()
  local day_ago = string.format('%d', tonumber(time[1]) - 86400)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', gone, '-inf', day_ago, 'LIMIT', 0, 100)) do
    local revision = tonumber(redis.call('ZSCORE', changed, id) or '0')
    if revision > tonumber(redis.call('HGET', meta, 'floor') or '0') then
      redis.call('HSET', meta, 'floor', string.format('%d', revision))
    end
    redis.call('ZREM', changed, id)
    redis.call('ZREM', gone, id)
  end
end
local function put(id, old, data, source, source_id)
  local revision = next_revision()
  local same = old and redis.call('HGET', contacts, id) == data
  local edition, updated = revision, now
  if same then edition, updated = old.edition, old.updated end
  local created = now
  if old then created = old.created end
  if old and old.source_id ~= '' and (old.source ~= source or old.source_id ~= source_id) then
    redis.call('HDEL', index_of(old.source), old.source_id)
  end
  redis.call('HSET', contacts, id, data)
  redis.call('HSET', stamps, id, table.concat({revision, edition, created, updated, source, source_id}, ' '))
  if source_id ~= '' then redis.call('HSET', index_of(source), source_id, id) end
  redis.call('ZADD', changed, revision, id)
end
local function remove(id, old)
  local revision = next_revision()
  if old.source_id ~= '' and redis.call('HGET', index_of(old.source), old.source_id) == id then
    redis.call('HDEL', index_of(old.source), old.source_id)
  end
  redis.call('HDEL', contacts, id)
  redis.call('HDEL', stamps, id)
  redis.call('ZADD', changed, revision, id)
  redis.call('ZADD', gone, time[1], id)
end

local function read_writes()
  local writes = {}
  for i = 1, tonumber(take()) do
    writes[i] = {kind = take(), id = take(), source = take(), source_id = take(), edition = take(), data = take()}
  end
  return writes
end
local function refusal(writes)
  local fresh, named = 0, {}
  for _, write in ipairs(writes) do
    if write.kind == 'update' or write.kind == 'delete' then
      local old = stamp_of(write.id)
      if not old then return {'missing', write.id} end
      if write.edition ~= '0' and write.edition ~= old.edition then return {'stale', write.id} end
    elseif write.kind == 'create' then
      fresh = fresh + 1
    elseif write.kind == 'upsert' and not named[write.source_id] then
      named[write.source_id] = true
      if redis.call('HEXISTS', index_of(write.source), write.source_id) == 0 then fresh = fresh + 1 end
    end
  end
  if fresh > 0 and redis.call('HLEN', contacts) + fresh > most then return {'full', tostring(most)} end
end
local function write_all(writes)
  local created, updated, deleted, unchanged, last, touched = 0, 0, 0, 0, '', {}
  for _, write in ipairs(writes) do
    local id, source, source_id = write.id, write.source, write.source_id
    if write.kind == 'upsert' or write.kind == 'remove' then
      id = redis.call('HGET', index_of(source), source_id) or id
    end
    local old = id ~= '' and stamp_of(id) or nil
    if old and write.kind == 'update' and source == '' then source, source_id = old.source, old.source_id end
    if old and write.kind == 'move' then write.data = redis.call('HGET', contacts, id) end
    if write.kind == 'remove' or write.kind == 'delete' then
      if old then
        remove(id, old)
        deleted = deleted + 1
        touched[id] = true
      else
        unchanged = unchanged + 1
      end
    elseif (write.kind == 'move' and not old) or (old and old.source == source and old.source_id == source_id and
      redis.call('HGET', contacts, id) == write.data) then
      unchanged = unchanged + 1
    else
      put(id, old, write.data, source, source_id)
      if old then updated = updated + 1 else created = created + 1 end
      touched[id] = true
    end
    last = id
  end
  if next(touched) then forget_deletions() end
  return created, updated, deleted, unchanged, last, touched
end
)lua";

const RedisScript kWriteContacts("contact_write", std::string(kOutboxLua) + kWritesLua + R"lua(
local hash, tell, entry = take(), take(), at
at = at + 5
if hash ~= '' then
  local earlier = redis.call('GET', KEYS[3])
  if earlier then
    local words = {}
    for word in string.gmatch(earlier, '%S+') do words[#words + 1] = word end
    if words[1] ~= hash then return {'request_reused'} end
    return {'ok', words[2], words[3], words[4], words[5], words[6] or ''}
  end
end
local writes = read_writes()
local refused = refusal(writes)
if refused then return refused end
local created, updated, deleted, unchanged, last, touched = write_all(writes)
if tell ~= '' and touched[tell] then outbox_add(KEYS[2], entry) end
if hash ~= '' then
  redis.call('SET', KEYS[3], table.concat({hash, created, updated, deleted, unchanged, last}, ' '), 'EX', 86400)
end
return {'ok', created, updated, deleted, unchanged, last}
)lua");

const RedisScript kReadChanges("contact_read_changes", R"lua(
local prefix, epoch, since, limit = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
redis.call('HSETNX', KEYS[1], 'epoch', ARGV[5])
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'floor')
local floor = meta[2] or '0'
local restart = meta[1] ~= epoch or (tonumber(since) > 0 and tonumber(since) < tonumber(floor))
if restart then since = '0' end
local found = redis.call('ZRANGEBYSCORE', prefix .. 'changed', '(' .. since, '+inf', 'WITHSCORES', 'LIMIT', 0, limit + 1)
local count = #found / 2
local result = {meta[1], floor, count <= limit and 1 or 0, restart and 1 or 0}
for i = 1, math.min(count, limit) do
  local id = found[2 * i - 1]
  result[#result + 1] = {id, found[2 * i], redis.call('HGET', prefix .. 'contacts', id),
                         redis.call('HGET', prefix .. 'stamps', id)}
end
return result
)lua");

const RedisScript kStepUpload("contact_step_upload", std::string(kWritesLua) + R"lua(
local upload, named = KEYS[2], KEYS[3]
local source, replace, expected, received = take(), take(), take(), take()
local digest, refused_count, refusals, complete = take(), take(), take(), take()
local seen = {}
for i = 1, tonumber(take()) do seen[i] = take() end
local writes = read_writes()
if (redis.call('HGET', upload, 'received') or '0') ~= expected then return {'elsewhere'} end
local refused = refusal(writes)
if refused then return refused end
local created, updated, deleted, unchanged = write_all(writes)
redis.call('HSET', upload, 'source', source, 'replace', replace, 'received', received, 'digest', digest)
redis.call('HINCRBY', upload, 'created', created)
redis.call('HINCRBY', upload, 'updated', updated)
redis.call('HINCRBY', upload, 'deleted', deleted)
redis.call('HINCRBY', upload, 'unchanged', unchanged)
redis.call('HINCRBY', upload, 'refused', refused_count)
if refusals ~= '' then redis.call('HSET', upload, 'refusals', refusals) end
if replace == '1' then
  for _, id in ipairs(seen) do redis.call('SADD', named, id) end
end
if complete == '1' then
  redis.call('HSET', upload, 'complete', '1')
  redis.call('DEL', named)
end
redis.call('EXPIRE', upload, 86400)
redis.call('EXPIRE', named, 86400)
return {'ok'}
)lua");

}  // namespace crosspoint::contact
