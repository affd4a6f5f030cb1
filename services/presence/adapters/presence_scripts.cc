#include "presence/adapters/presence_scripts.h"

#include <string>

namespace crosspoint::presence {
namespace {

// The rules of domain/claim.cc once more, since the choice must be made where the revision is taken; a property test
// holds both together.
const std::string kCommon = R"lua(
local OPEN = math.huge
local function number(x) if x == OPEN then return '0' end return string.format('%.0f', x) end
local function finish(text) local x = tonumber(text) if x == 0 then return OPEN end return x end
local function clock(override)
  if override ~= '' then return tonumber(override) end
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000000 + tonumber(t[2])
end
)lua";

const std::string kSettle = R"lua(
local claims_key, records_key, revision_key, ended_key, forgotten_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local signals_key = KEYS[6]
local NOTHING_SHOWN = '0|0|0|0|0|available|'
local NO_RECORD = '0|0|0|0|' .. NOTHING_SHOWN
local user = ARGV[1]
local now = clock(ARGV[2])
local DAY = 86400000000

local function parse_claim(text)
  local class, from, till, revision, state, source, note =
      string.match(text, '^(%d+)|(%d+)|(%d+)|(%d+)|([^|]*)|([^|]*)|(.*)$')
  return {class = tonumber(class), from = tonumber(from), till = finish(till), revision = tonumber(revision),
          state = state, source = source, note = note}
end
local function format_claim(c)
  return c.class .. '|' .. number(c.from) .. '|' .. number(c.till) .. '|' .. number(c.revision) .. '|' ..
         c.state .. '|' .. c.source .. '|' .. c.note
end
local function same(a, b)
  return a.class == b.class and a.from == b.from and a.till == b.till and a.state == b.state and
         a.source == b.source and a.note == b.note
end
local function beats(a, b)
  if a.class ~= b.class then return a.class > b.class end
  if a.from ~= b.from then return a.from > b.from end
  return a.revision > b.revision
end

local old = redis.call('HGET', records_key, user)
local old_revision, old_visible_revision, old_changed, old_edge, old_shown = 0, 0, 0, OPEN, NOTHING_SHOWN
if old then
  local r, v, c, e, s = string.match(old, '^(%d+)|(%d+)|(%d+)|(%d+)|(.*)$')
  old_revision, old_visible_revision, old_changed, old_edge, old_shown = tonumber(r), tonumber(v), tonumber(c), finish(e), s
end

-- Claims that have not ended; those that have are dropped.
local claims, count = {}, 0
local function load_claims()
  local raw = redis.call('HGETALL', claims_key)
  for i = 1, #raw, 2 do
    local c = parse_claim(raw[i + 1])
    if c.till <= now then
      redis.call('HDEL', claims_key, raw[i])
    else
      claims[raw[i]] = c
      count = count + 1
    end
  end
end

-- What devices ('d:' and their name) and programs ('im') reported, while somebody vouches for it.
local signals, devices = {}, 0
local function load_signals()
  local raw = redis.call('HGETALL', signals_key)
  for i = 1, #raw, 2 do
    local state, till = string.match(raw[i + 1], '^(%d+)|(%d+)$')
    if tonumber(till) <= now then
      redis.call('HDEL', signals_key, raw[i])
    else
      signals[raw[i]] = {state = tonumber(state), till = tonumber(till)}
      if raw[i] ~= 'im' then devices = devices + 1 end
    end
  end
end

-- Records of users without claims are kept for a day, so that a watch can resume over the end of the last claim.
local function forget()
  local gone = redis.call('ZRANGEBYSCORE', ended_key, '-inf', number(now - DAY), 'LIMIT', 0, 16)
  local highest = 0
  for _, name in ipairs(gone) do
    local record = name ~= user and redis.call('HGET', records_key, name)
    if record then
      highest = math.max(highest, tonumber(string.match(record, '^(%d+)')))
      redis.call('HDEL', records_key, name)
    end
    if name ~= user then redis.call('ZREM', ended_key, name) end
  end
  if highest > 0 and highest > tonumber(redis.call('GET', forgotten_key) or '0') then
    redis.call('SET', forgotten_key, number(highest))
  end
end

-- Who speaks now and until when; takes the revision if that is news.
local function settle(changed)
  local best
  for _, c in pairs(claims) do
    if c.from <= now and now < c.till and (not best or beats(c, best)) then best = c end
  end
  local edge = best and best.till or OPEN
  for _, c in pairs(claims) do
    if c.from > now and c.from < edge and c.from < c.till and (not best or c.class >= best.class) then edge = c.from end
  end
  local line, line_till, im = 0, OPEN, 0
  for name, s in pairs(signals) do
    if name == 'im' then
      im = s.state
      edge = math.min(edge, s.till)
    elseif s.state > line or (s.state == line and s.till > line_till) then
      line, line_till = s.state, s.till
    end
  end
  edge = math.min(edge, line_till)
  local shown = line .. '|' .. im .. '|0|0|0|available|'
  if best then
    shown = line .. '|' .. im .. '|' .. best.class .. '|' .. number(best.from) .. '|' .. number(best.till) .. '|' .. best.state .. '|' .. best.note
  end
  -- An edge that has moved away is left where it was: it finds nothing to tell and moves on by itself.
  if not changed and shown == old_shown and now < old_edge and old_edge <= edge then
    return 'SAME', old or NO_RECORD
  end
  local revision = redis.call('INCR', revision_key)
  local visible_revision = shown ~= old_shown and revision or old_visible_revision
  local record = number(revision) .. '|' .. number(visible_revision) .. '|' .. number(now) .. '|' .. number(edge) ..
                 '|' .. shown
  redis.call('HSET', records_key, user, record)
  if count == 0 and not next(signals) then redis.call('ZADD', ended_key, number(now), user) else redis.call('ZREM', ended_key, user) end
  forget()
  return 'CHANGED', record
end
)lua";

const std::string kChange = R"lua(
local expected, fingerprint, removals = ARGV[3], ARGV[4], tonumber(ARGV[5])
if expected ~= '' and tonumber(expected) ~= old_revision then return {'ABORTED'} end
if fingerprint ~= '' and redis.call('EXISTS', KEYS[7]) == 1 then return {'ABORTED'} end
load_claims()
load_signals()

local before = {}
for i = 6, 5 + removals do
  local id = ARGV[i]
  if claims[id] then
    before[id] = claims[id]
    claims[id] = nil
    count = count - 1
  end
end

local put, put_id, stored
local at = 6 + removals
if ARGV[at] then
  put_id = ARGV[at]
  put = {class = tonumber(ARGV[at + 1]), till = finish(ARGV[at + 3]), state = ARGV[at + 4], source = ARGV[at + 5],
         note = ARGV[at + 6], revision = tonumber(redis.call('GET', revision_key) or '0') + 1}
  local known = claims[put_id]
  if ARGV[at + 2] ~= '' then
    put.from = tonumber(ARGV[at + 2])
  else
    put.from = now
    if known then
      put.from = known.from
      if not same(put, known) then put.from = now end
    end
  end
  if put.till <= now then
    if known then
      before[put_id] = known
      claims[put_id] = nil
      count = count - 1
    end
    stored = ''
  elseif known and same(put, known) then
    put = nil
    stored = format_claim(known)
  elseif not known and count >= tonumber(ARGV[at + 7]) then
    return {'FULL'}
  else
    if not known then count = count + 1 end
    claims[put_id] = put
    stored = format_claim(put)
  end
end

local changed = false
for id, _ in pairs(before) do
  if not claims[id] then
    redis.call('HDEL', claims_key, id)
    changed = true
  end
end
if put and claims[put_id] == put then
  redis.call('HSET', claims_key, put_id, stored)
  changed = true
end
local what, record = settle(changed)
if fingerprint ~= '' then redis.call('SET', KEYS[7], #fingerprint .. '|' .. fingerprint .. record, 'EX', 86400) end
return {what, number(now), record, stored}
)lua";

const std::string kEdge = R"lua(
-- What was made of a clock that has been set back since is looked at anew.
if old_edge > now and old_changed <= now then return {'SAME', number(now), old or NO_RECORD} end
load_claims()
load_signals()
local what, record = settle(false)
return {what, number(now), record}
)lua";

const std::string kReport = R"lua(
load_claims()
load_signals()
local allowed = tonumber(ARGV[3])
for i = 4, #ARGV, 3 do
  local name, state = ARGV[i], tonumber(ARGV[i + 1])
  if name ~= 'im' then
    if signals[name] then devices = devices - 1 end
    if state ~= 0 then devices = devices + 1 end
  end
  signals[name] = state ~= 0 and {state = state, till = now + tonumber(ARGV[i + 2])} or nil
end
if devices > allowed then return {'DEVICES'} end
local last = now
for i = 4, #ARGV, 3 do
  local s = signals[ARGV[i]]
  if s then
    redis.call('HSET', signals_key, ARGV[i], s.state .. '|' .. number(s.till))
  else
    redis.call('HDEL', signals_key, ARGV[i])
  end
end
for _, s in pairs(signals) do last = math.max(last, s.till) end
-- Leftovers of users nobody looks at go by themselves, well after the edge.
if last > now then redis.call('EXPIRE', signals_key, math.ceil((last - now) / 1000000) + 60) end
local what, record = settle(false)
return {what, number(now), record}
)lua";

// The schedule and the claims that follow from it, all or nothing.
const std::string kSchedule = R"lua(
local schedule_key, due_key = KEYS[7], KEYS[8]
local version, text = '0', nil
local known = redis.call('GET', schedule_key)
if known then version, text = string.match(known, '^(%d+)|(.*)$') end
if ARGV[3] ~= version then return {'ABORTED'} end
if text ~= ARGV[4] then
  version = number(tonumber(version) + 1)
  redis.call('SET', schedule_key, version .. '|' .. ARGV[4])
end
load_claims()
load_signals()
local changed, planned = false, {}
local revision = tonumber(redis.call('GET', revision_key) or '0') + 1
for i = 7, #ARGV, 5 do
  local id = ARGV[i]
  local c = {class = 1, from = tonumber(ARGV[i + 1]), till = finish(ARGV[i + 2]), state = ARGV[i + 3],
             source = 'schedule', note = ARGV[i + 4], revision = revision}
  if c.till > now then
    planned[id] = true
    if not claims[id] or not same(c, claims[id]) then
      if not claims[id] then count = count + 1 end
      claims[id] = c
      redis.call('HSET', claims_key, id, format_claim(c))
      changed = true
    end
  end
end
for id, c in pairs(claims) do
  if c.source == 'schedule' and not planned[id] then
    redis.call('HDEL', claims_key, id)
    claims[id] = nil
    count = count - 1
    changed = true
  end
end
-- Marked meanwhile: then it stays due.
if (redis.call('ZSCORE', due_key, user) or '') == ARGV[5] then
  if ARGV[6] == '0' then
    redis.call('ZREM', due_key, user)
  else
    redis.call('ZADD', due_key, ARGV[6], user)
  end
end
local what, record = settle(changed)
return {what, number(now), record, version}
)lua";

const std::string kScheduleRead = R"lua(
return {number(clock(ARGV[2])), redis.call('GET', KEYS[1]) or '', redis.call('ZSCORE', KEYS[2], ARGV[1]) or ''}
)lua";

const std::string kScheduleDue = R"lua(
local now = clock(ARGV[1])
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', number(now), 'LIMIT', 0, tonumber(ARGV[2]))
for _, user in ipairs(due) do redis.call('ZADD', KEYS[1], number(now + tonumber(ARGV[3])), user) end
return due
)lua";

const std::string kRead = R"lua(
local answer = {number(clock(ARGV[2])), redis.call('HGET', KEYS[2], ARGV[1]) or '',
                KEYS[3] and redis.call('GET', KEYS[3]) or ''}
for _, text in ipairs(redis.call('HGETALL', KEYS[1])) do answer[#answer + 1] = text end
return answer
)lua";

}  // namespace

const RedisScript kChangeScript("presence_change", kCommon + kSettle + kChange);
const RedisScript kEdgeScript("presence_edge", kCommon + kSettle + kEdge);
const RedisScript kReportScript("presence_report", kCommon + kSettle + kReport);
const RedisScript kScheduleScript("presence_schedule", kCommon + kSettle + kSchedule);
const RedisScript kScheduleReadScript("presence_schedule_read", kCommon + kScheduleRead);
const RedisScript kScheduleDueScript("presence_schedule_due", kCommon + kScheduleDue);
const RedisScript kScheduleMarkScript("presence_schedule_mark", R"lua(
for _, user in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if string.sub(user, 1, #ARGV[1]) == ARGV[1] then redis.call('ZADD', KEYS[1], 0, user) end
end
return 'OK'
)lua");
const RedisScript kReadScript("presence_read", kCommon + kRead);

const RedisScript kSnapshotScript("presence_snapshot", R"lua(
local answer = {redis.call('GET', KEYS[2]) or '0', redis.call('GET', KEYS[3]) or '0'}
for _, text in ipairs(redis.call('HGETALL', KEYS[1])) do answer[#answer + 1] = text end
return answer
)lua");

const RedisScript kVersionedScript("presence_versioned", R"lua(
local version, text = '0', nil
local known = redis.call('HGET', KEYS[1], ARGV[1])
if known then version, text = string.match(known, '^(%d+)|(.*)$') end
if ARGV[2] ~= '' and ARGV[2] ~= version then return '' end
if text ~= ARGV[3] then
  version = string.format('%.0f', tonumber(version) + 1)
  redis.call('HSET', KEYS[1], ARGV[1], version .. '|' .. ARGV[3])
end
return version
)lua");

const RedisScript kTableScript("presence_table", R"lua(
local known = redis.call('HGET', KEYS[1], ARGV[1])
local etag = known and string.match(known, '^%d+|([^|]*)|') or ARGV[3]
if ARGV[2] ~= etag then return -1 end
if ARGV[4] == etag then return 0 end
local revision = redis.call('INCR', KEYS[2])
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', revision) .. '|' .. ARGV[4] .. '|' .. ARGV[5])
return revision
)lua");

const RedisScript kEpochScript("presence_epoch", R"lua(
local known = redis.call('GET', KEYS[1])
if (known or '') == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[2])
  known = ARGV[2]
end
return known
)lua");

}  // namespace crosspoint::presence
