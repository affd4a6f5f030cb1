#include "gateway/adapters/session_scripts.h"

#include <string>

namespace crosspoint::gateway {
namespace {

// `now`, and sessions whose lease is over are gone whoever looks.
constexpr char kBegin[] = R"lua(
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local over = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)
  for _, id in ipairs(over) do
    redis.call('HDEL', KEYS[1], id)
    redis.call('ZREM', KEYS[2], id)
  end
  local function keep(id, lease)
    redis.call('ZADD', KEYS[2], now + lease, id)
    redis.call('PEXPIRE', KEYS[1], lease * 10)
    redis.call('PEXPIRE', KEYS[2], lease * 10)
  end
  local function session(id)
    local text = redis.call('HGET', KEYS[1], id)
    return text and cjson.decode(text)
  end
  local function role(device, number)
    local text = redis.call('HGET', KEYS[3], number .. '/' .. device)
    local held = text and cjson.decode(text) or {session = '', fence = 0, expires = 0}
    if held.expires <= now or redis.call('HEXISTS', KEYS[1], held.session) == 0 then held.session = '' end
    return held
  end
  local function put_role(device, number, held)
    redis.call('HSET', KEYS[3], number .. '/' .. device, cjson.encode(held))
  end
)lua";

std::string Script(const char* body) { return std::string(kBegin) + body; }

}  // namespace

const RedisScript kOpenSession("gateway_open_session", Script(R"lua(
  local wish = cjson.decode(ARGV[2])
  local all = redis.call('HVALS', KEYS[1])
  for _, text in ipairs(all) do
    local other = cjson.decode(text)
    if other.device == wish.device and string.find(ARGV[5], ',' .. other.program .. ',', 1, true) then
      return {'excluded', other.program}
    end
  end
  if #all >= tonumber(ARGV[4]) then return {'many', #all} end
  wish.connected = now
  redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(wish))
  keep(ARGV[1], tonumber(ARGV[3]))
  return {'ok', now, now + ARGV[3]}
)lua"));

const RedisScript kResumeSession("gateway_resume_session", Script(R"lua(
  local record = session(ARGV[1])
  if not record or record.secret ~= ARGV[2] or record.program ~= tonumber(ARGV[6]) or record.device ~= ARGV[7] then
    return {}
  end
  local previous = record.replica
  record.replica = ARGV[4]
  record.attachment = record.attachment + 1
  record.channels = cjson.decode(ARGV[5])
  local text = cjson.encode(record)
  redis.call('HSET', KEYS[1], ARGV[1], text)
  keep(ARGV[1], tonumber(ARGV[3]))
  return {text, now, now + ARGV[3], previous}
)lua"));

const RedisScript kTouchSession("gateway_touch_session", Script(R"lua(
  local record = session(ARGV[1])
  if not record then return 'gone' end
  if ARGV[2] ~= '0' and record.attachment ~= tonumber(ARGV[2]) then return 'taken' end
  keep(ARGV[1], tonumber(ARGV[3]))
  return 'alive'
)lua"));

const RedisScript kCloseSession("gateway_close_session", Script(R"lua(
  local record = session(ARGV[1])
  if not record or (ARGV[2] ~= '0' and record.attachment ~= tonumber(ARGV[2])) then return 0 end
  redis.call('HDEL', KEYS[1], ARGV[1])
  redis.call('ZREM', KEYS[2], ARGV[1])
  local roles = redis.call('HGETALL', KEYS[3])
  for i = 1, #roles, 2 do
    local held = cjson.decode(roles[i + 1])
    if held.session == ARGV[1] then
      held.session = ''
      held.expires = 0
      redis.call('HSET', KEYS[3], roles[i], cjson.encode(held))
    end
  end
  return 1
)lua"));

const RedisScript kListSessions("gateway_list_sessions", Script(R"lua(
  local found = {}
  for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
    local text = redis.call('HGET', KEYS[1], id)
    if text then found[#found + 1] = {id, text, redis.call('ZSCORE', KEYS[2], id)} end
  end
  return found
)lua"));

const RedisScript kAcquireRole("gateway_acquire_role", Script(R"lua(
  local record = session(ARGV[1])
  if not record then return {'gone'} end
  local held = role(record.device, ARGV[2])
  if held.session ~= '' and held.session ~= ARGV[1] then return {'held', held.session, held.expires} end
  if held.session == '' then held.fence = held.fence + 1 end
  held.session = ARGV[1]
  held.expires = now + ARGV[3]
  put_role(record.device, ARGV[2], held)
  return {'ok', record.device, held.fence, held.expires, now}
)lua"));

const RedisScript kRenewRole("gateway_renew_role", Script(R"lua(
  local record = session(ARGV[1])
  if not record then return {'lost'} end
  local held = role(record.device, ARGV[2])
  if held.session ~= ARGV[1] or held.fence ~= tonumber(ARGV[4]) then return {'lost'} end
  held.expires = now + ARGV[3]
  put_role(record.device, ARGV[2], held)
  return {'ok', record.device, held.fence, held.expires, now}
)lua"));

const RedisScript kReleaseRole("gateway_release_role", Script(R"lua(
  local record = session(ARGV[1])
  if not record then return {'lost'} end
  local held = role(record.device, ARGV[2])
  if held.session ~= ARGV[1] or held.fence ~= tonumber(ARGV[3]) then return {'lost'} end
  held.session = ''
  held.expires = 0
  put_role(record.device, ARGV[2], held)
  return {'ok'}
)lua"));

const RedisScript kReadRole("gateway_read_role", Script(R"lua(
  local held = role(ARGV[1], ARGV[2])
  if held.session == '' then return {} end
  return {held.session, held.fence, held.expires, now}
)lua"));

}  // namespace crosspoint::gateway
