#include "directory/adapters/user_scripts.h"

namespace crosspoint::directory {

const RedisScript kWriteUser("directory_write_user", R"lua(
local user, emails, extensions, meta, changed, ids, request = unpack(KEYS)
local mode, id, data, ext, expected, hash, epoch = unpack(ARGV, 1, 7)
local addresses = {}
for i = 8, #ARGV do addresses[#addresses + 1] = ARGV[i] end

local function answer()
  return {'ok', unpack(redis.call('HMGET', user, 'data', 'rev', 'created', 'updated', 'deleted'))}
end
local function split(text)
  local words = {}
  for word in string.gmatch(text, '%S+') do words[#words + 1] = word end
  return words
end
local function release()
  local held = redis.call('HMGET', user, 'emails', 'ext')
  for _, address in ipairs(split(held[1] or '')) do
    if redis.call('HGET', emails, address) == id then redis.call('HDEL', emails, address) end
  end
  if held[2] and held[2] ~= '' and redis.call('HGET', extensions, held[2]) == id then
    redis.call('HDEL', extensions, held[2])
  end
end
local function taken()
  for _, address in ipairs(addresses) do
    local owner = redis.call('HGET', emails, address)
    if owner and owner ~= id then return {'email_taken', address} end
  end
  if ext ~= '' then
    local owner = redis.call('HGET', extensions, ext)
    if owner and owner ~= id then return {'extension_taken', ext} end
  end
end
local function claim()
  for _, address in ipairs(addresses) do redis.call('HSET', emails, address, id) end
  if ext ~= '' then redis.call('HSET', extensions, ext, id) end
end

if mode == 'create' and hash ~= '' then
  local earlier = redis.call('GET', request)
  if earlier then
    local words = split(earlier)
    if words[1] ~= hash then return {'request_reused'} end
    return {'repeated', words[2]}
  end
end

local time = redis.call('TIME')
local now = time[1] .. string.format('%06d', time[2])
local state = redis.call('HMGET', user, 'rev', 'deleted', 'data', 'emails', 'ext')
local exists, deleted = state[1], state[2] and state[2] ~= '0'

if mode == 'create' then
  if exists then return {'exists'} end
else
  if not exists then return {'missing'} end
  if mode == 'undelete' then
    if not deleted then return {'not_deleted'} end
    addresses, ext = split(state[4]), state[5]
  elseif deleted then
    return {'missing'}
  end
  if expected ~= '' and expected ~= state[1] then return {'stale', state[1]} end
end
if mode == 'update' and state[3] == data then return answer() end

if mode ~= 'delete' then
  local collision = taken()
  if collision then return collision end
end
if mode == 'update' or mode == 'delete' then release() end
if mode ~= 'delete' then claim() end

redis.call('HSETNX', meta, 'epoch', epoch)
local revision = redis.call('HINCRBY', meta, 'revision', 1)
redis.call('HSET', user, 'rev', revision, 'updated', now)
if mode == 'create' then redis.call('HSET', user, 'created', now) end
redis.call('HSET', user, 'deleted', mode == 'delete' and now or '0')
if mode == 'create' or mode == 'update' then
  redis.call('HSET', user, 'data', data, 'emails', table.concat(addresses, ' '), 'ext', ext)
end
redis.call('ZADD', changed, revision, id)
redis.call('ZADD', ids, 0, id)
if mode == 'create' and hash ~= '' then redis.call('SET', request, hash .. ' ' .. id, 'EX', 86400) end
return answer()
)lua");

const RedisScript kReadUserChanges("directory_read_changes", R"lua(
local prefix, epoch, since, limit = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
redis.call('HSETNX', KEYS[1], 'epoch', ARGV[5])
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'revision')
if meta[1] ~= epoch then since = '0' end
local found = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. since, '+inf', 'LIMIT', 0, limit + 1)
local result = {meta[1], meta[2] or '0', #found <= limit and 1 or 0}
for i = 1, math.min(#found, limit) do
  local fields = redis.call('HMGET', prefix .. found[i], 'data', 'rev', 'created', 'updated', 'deleted')
  result[#result + 1] = {found[i], unpack(fields)}
end
return result
)lua");

const RedisScript kListUsers("directory_list_users", R"lua(
local prefix, after, limit, with_deleted = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4] == '1'
local result, last = {''}, after
while true do
  local from = last == '' and '-' or '(' .. last
  local found = redis.call('ZRANGEBYLEX', KEYS[1], from, '+', 'LIMIT', 0, limit + 1)
  if #found == 0 then return result end
  for _, id in ipairs(found) do
    local fields = redis.call('HMGET', prefix .. id, 'data', 'rev', 'created', 'updated', 'deleted')
    if with_deleted or fields[5] == '0' then
      if #result > limit then
        result[1] = result[#result][1]
        return result
      end
      result[#result + 1] = {id, unpack(fields)}
    end
    last = id
  end
end
)lua");

}  // namespace crosspoint::directory
