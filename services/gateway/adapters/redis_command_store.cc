#include "gateway/adapters/redis_command_store.h"

#include <nlohmann/json.hpp>

#include "common/ids/digest.h"
#include "common/status/status.h"
#include "gateway/adapters/gateway_keys.h"

namespace crosspoint::gateway {
namespace {

using Json = nlohmann::json;

// A command is a hash: content (digest), body (JSON), state, least (1 for kinds sent until acknowledged), expires,
// device, session, dispatcher, outcome, detail. States: recorded, sent, done, expired (never sent, and will not be),
// unknown (sent, not answered in time). KEYS of all: the command, pending (sorted set: "<device>|<request id>" by the
// end of its life). Times are Redis's, in milliseconds.
constexpr char kNow[] = R"lua(
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local function get(field) return redis.call('HGET', KEYS[1], field) end
)lua";

std::string Script(const char* body) { return std::string(kNow) + body; }

// ARGV content, body, expiry, life, least, device, session, dispatcher, request id
// -> new | none | reused | known, outcome (0: not over), detail
const RedisScript kRecord("gateway_record_command", Script(R"lua(
  local content = get('content')
  if content then
    if content ~= ARGV[1] then return {'reused'} end
    return {'known', get('outcome'), get('detail')}
  end
  if ARGV[7] == '' then return {'none'} end
  local life = tonumber(ARGV[4])
  local expires = now + (ARGV[5] == '1' and life or tonumber(ARGV[3]))
  redis.call('HSET', KEYS[1], 'content', ARGV[1], 'body', ARGV[2], 'state', 'recorded', 'least', ARGV[5], 'expires',
    expires, 'device', ARGV[6], 'session', ARGV[7], 'dispatcher', ARGV[8], 'outcome', 0, 'detail', '')
  redis.call('PEXPIRE', KEYS[1], life)
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
  redis.call('ZADD', KEYS[2], expires, ARGV[6] .. '|' .. ARGV[9])
  redis.call('PEXPIRE', KEYS[2], life)
  return {'new'}
)lua"));

// ARGV request id -> body, expires | nothing
const RedisScript kClaim("gateway_claim_command", Script(R"lua(
  local state = get('state')
  local least = get('least') == '1'
  if not (state == 'recorded' or (least and state == 'sent')) then return {} end
  local expires = tonumber(get('expires'))
  if expires <= now then return {} end
  redis.call('HSET', KEYS[1], 'state', 'sent')
  if not least then redis.call('ZREM', KEYS[2], get('device') .. '|' .. ARGV[1]) end
  return {get('body'), expires}
)lua"));

// ARGV request id, session, device, outcome, detail -> dispatcher | nothing. A late answer corrects UNKNOWN; the first
// one stays.
const RedisScript kAnswer("gateway_answer_command", Script(R"lua(
  local state = get('state')
  if not state or state == 'recorded' or state == 'expired' then return {} end
  if get('session') ~= ARGV[2] and get('device') ~= ARGV[3] then return {} end
  if state ~= 'done' then
    redis.call('HSET', KEYS[1], 'state', 'done', 'outcome', ARGV[4], 'detail', ARGV[5])
    redis.call('ZREM', KEYS[2], get('device') .. '|' .. ARGV[1])
  end
  return {get('dispatcher')}
)lua"));

// ARGV request id, outcomes: expired, unknown, pending -> outcome, detail
const RedisScript kSettle("gateway_settle_command", Script(R"lua(
  local state = get('state')
  if not state then return {ARGV[3], ''} end
  if state == 'recorded' or state == 'sent' then
    if get('least') == '1' then return {ARGV[4], ''} end
    local outcome = state == 'recorded' and ARGV[2] or ARGV[3]
    redis.call('HSET', KEYS[1], 'state', state == 'recorded' and 'expired' or 'unknown', 'outcome', outcome)
    redis.call('ZREM', KEYS[2], get('device') .. '|' .. ARGV[1])
  end
  return {get('outcome'), get('detail')}
)lua"));

constexpr std::chrono::hours kLife{24};

std::vector<std::string> Keys(const UserId& user, const std::string& request_id) {
  return {KeyOf(user, "command:" + request_id), KeyOf(user, "pending")};
}

std::string Number(Outcome outcome) { return std::to_string(static_cast<int>(outcome)); }

absl::StatusOr<CommandResult> ReadResult(const RedisReply& outcome, const RedisReply& detail) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto number, outcome.AsInteger());
  return CommandResult{static_cast<Outcome>(number), detail.text()};
}

}  // namespace

absl::StatusOr<CommandStore::Recorded> RedisCommandStore::Record(const UserId& user, const Command& command,
                                                                 const std::string& content,
                                                                 const std::string& dispatcher, milliseconds expiry,
                                                                 Deadline deadline) {
  const Json body{{"kind", static_cast<int>(command.kind)}, {"target", command.target}};
  const bool least = AtLeastOnce(command.kind);
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply,
      redis_.RunScriptDurable(kRecord, Keys(user, command.id),
                              {Sha256Hex(content), body.dump(), std::to_string(expiry.count()),
                               std::to_string(std::chrono::duration_cast<milliseconds>(kLife).count()),
                               least ? "1" : "0", command.device, command.session, dispatcher, command.id},
                              deadline));
  const auto& parts = reply.array();
  if (parts.empty()) return absl::InternalError("gateway_record_command answered nothing");
  const auto& word = parts[0].text();
  if (word == "new") return Recorded{true, std::nullopt};
  if (word == "none") return Recorded{false, CommandResult{Outcome::kNoProgram, ""}};
  if (word == "reused") {
    return ErrorWithInfo(
        absl::StatusCode::kInvalidArgument,
        "request_id: was used within 24 hours with other content; a new request needs a new id",
        {.reason = "REQUEST_ID_REUSED", .domain = "crosspoint", .metadata = {{"field", "request_id"}}});
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto outcome, parts.at(1).AsInteger());
  if (outcome == 0) return Recorded{};
  CROSSPOINT_ASSIGN_OR_RETURN(auto result, ReadResult(parts.at(1), parts.at(2)));
  return Recorded{false, std::move(result)};
}

absl::StatusOr<std::optional<Command>> RedisCommandStore::Claim(const UserId& user, const std::string& request_id,
                                                                Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply,
                              redis_.RunScriptDurable(kClaim, Keys(user, request_id), {request_id}, deadline));
  const auto& parts = reply.array();
  if (parts.size() < 2) return std::nullopt;
  const auto json = Json::parse(parts[0].text(), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return absl::InternalError("command record in another format: " + request_id);
  Command command;
  command.id = request_id;
  command.kind = static_cast<CommandKind>(json.value("kind", 0));
  command.target = json.value("target", "");
  command.expires = TimePoint{milliseconds{parts[1].integer()}};
  return command;
}

absl::StatusOr<std::optional<std::string>> RedisCommandStore::Answer(const UserId& user, const std::string& request_id,
                                                                     const SessionRecord& by,
                                                                     const CommandResult& result, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply,
      redis_.RunScriptDurable(kAnswer, Keys(user, request_id),
                              {request_id, by.id, by.device, Number(result.outcome), result.detail}, deadline));
  if (reply.array().empty()) return std::nullopt;
  return reply.array()[0].text();
}

absl::StatusOr<CommandResult> RedisCommandStore::Settle(const UserId& user, const std::string& request_id,
                                                        Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply,
      redis_.RunScriptDurable(
          kSettle, Keys(user, request_id),
          {request_id, Number(Outcome::kExpired), Number(Outcome::kUnknown), Number(Outcome::kPending)}, deadline));
  if (reply.array().size() < 2) return absl::InternalError("gateway_settle_command answered nothing");
  return ReadResult(reply.array()[0], reply.array()[1]);
}

absl::StatusOr<std::vector<std::string>> RedisCommandStore::Pending(const UserId& user, const std::string& device,
                                                                    Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, redis_.Call({"ZRANGE", KeyOf(user, "pending"), "0", "-1"}, deadline));
  std::vector<std::string> ids;
  for (const auto& one : reply.array()) {
    const auto& text = one.text();
    if (text.starts_with(device + "|")) ids.push_back(text.substr(device.size() + 1));
  }
  return ids;
}

}  // namespace crosspoint::gateway
