#include "gateway/adapters/redis_session_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/ids/digest.h"
#include "common/status/status.h"
#include "gateway/adapters/gateway_keys.h"
#include "gateway/adapters/session_scripts.h"
#include "gateway/app/refusals.h"

namespace crosspoint::gateway {
namespace {

using Json = nlohmann::json;

// Programs one person runs at once; more is a program that forgets its resume token.
constexpr int kMaxSessionsPerUser = 128;

std::vector<std::string> Keys(const UserId& owner) {
  return {KeyOf(owner, "sessions"), KeyOf(owner, "leases"), KeyOf(owner, "roles")};
}

TimePoint FromMillis(int64_t millis) { return TimePoint{std::chrono::milliseconds{millis}}; }

Json ChannelNumbers(const std::vector<Channel>& channels) {
  auto numbers = Json::array();
  for (const Channel channel : channels) numbers.push_back(static_cast<int>(channel));
  return numbers;
}

absl::StatusOr<SessionRecord> Decode(const UserId& owner, const std::string& id, const std::string& text,
                                     int64_t expires) {
  const auto json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto program = json.is_object() ? ProgramOf(json.value("program", 0)) : std::nullopt;
  if (!program) return absl::InternalError("session record in another format: " + id);
  SessionRecord record;
  record.id = id;
  record.owner = owner;
  record.program = *program;
  record.device = json.value("device", "");
  record.version = json.value("version", "");
  record.replica = json.value("replica", "");
  record.attachment = json.value("attachment", uint64_t{1});
  record.connected = FromMillis(static_cast<int64_t>(json.value("connected", 0.0)));
  record.expires = FromMillis(expires);
  // Lua knows no empty array: an empty one comes back as an object.
  for (const auto& number : json.value("channels", Json::array())) {
    if (const auto channel = ChannelOf(number.is_number() ? number.get<int>() : 0)) record.channels.push_back(*channel);
  }
  return record;
}

std::string Excluded(ProgramKind program) {
  std::string kinds = ",";
  for (int number = 1; const auto other = ProgramOf(number); ++number) {
    if (Excludes(program, *other)) kinds += std::to_string(number) + ",";
  }
  return kinds;
}

std::string Millis(milliseconds time) { return std::to_string(time.count()); }
std::string Number(ClientRole role) { return std::to_string(static_cast<int>(role)); }

absl::Status RoleLost() {
  return Refused(absl::StatusCode::kAborted, "ROLE_LOST", "the role is over; acquire it again");
}

}  // namespace

absl::StatusOr<SessionRecord> RedisSessionStore::Open(const SessionRecord& wish, const std::string& secret,
                                                      milliseconds lease, Deadline deadline) {
  const Json json{{"program", static_cast<int>(wish.program)},
                  {"device", wish.device},
                  {"version", wish.version},
                  {"channels", ChannelNumbers(wish.channels)},
                  {"replica", wish.replica},
                  {"attachment", 1},
                  {"secret", Sha256Hex(secret)}};
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply,
                              redis_.RunScriptDurable(kOpenSession, Keys(wish.owner),
                                                      {wish.id, json.dump(), Millis(lease),
                                                       std::to_string(kMaxSessionsPerUser), Excluded(wish.program)},
                                                      deadline));
  const auto& parts = reply.array();
  if (parts.size() < 2) return absl::InternalError("gateway_open_session answered nothing");
  if (parts[0].text() == "excluded") {
    const auto other = ProgramOf(static_cast<int>(parts[1].integer()));
    const auto name = std::string(other ? NameOf(*other) : "another program");
    return ErrorWithInfo(absl::StatusCode::kAlreadyExists,
                         fmt::format("{} runs on this device, which excludes {}", name, NameOf(wish.program)),
                         {.reason = "PROGRAM_EXCLUDED", .domain = kDomain, .metadata = {{"program", name}}});
  }
  if (parts[0].text() == "many") {
    return Refused(
        absl::StatusCode::kResourceExhausted, "TOO_MANY_SESSIONS",
        fmt::format("the user has {} sessions; close some, or resume instead of opening new ones", parts[1].integer()));
  }
  NoteOwner(wish.owner, lease);
  auto record = wish;
  record.connected = FromMillis(parts[1].integer());
  record.expires = record.connected + lease;
  return record;
}

absl::StatusOr<std::optional<SessionStore::Resumed>> RedisSessionStore::Resume(const SessionRecord& wish,
                                                                               const std::string& secret,
                                                                               milliseconds lease, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply,
                              redis_.RunScriptDurable(kResumeSession, Keys(wish.owner),
                                                      {wish.id, Sha256Hex(secret), Millis(lease), wish.replica,
                                                       ChannelNumbers(wish.channels).dump(),
                                                       std::to_string(static_cast<int>(wish.program)), wish.device},
                                                      deadline));
  const auto& parts = reply.array();
  if (parts.size() < 4) return std::nullopt;
  NoteOwner(wish.owner, lease);
  CROSSPOINT_ASSIGN_OR_RETURN(auto record, Decode(wish.owner, wish.id, parts[0].text(), parts[2].integer()));
  return Resumed{std::move(record), parts[3].text()};
}

absl::StatusOr<SessionStore::Lease> RedisSessionStore::Touch(const UserId& owner, const std::string& id,
                                                             uint64_t attachment, milliseconds lease,
                                                             Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply,
      redis_.RunScript(kTouchSession, Keys(owner), {id, std::to_string(attachment), Millis(lease)}, deadline));
  if (reply.text() == "gone") return Lease::kGone;
  if (reply.text() == "taken") return Lease::kTakenOver;
  NoteOwner(owner, lease);
  return Lease::kAlive;
}

absl::Status RedisSessionStore::Close(const UserId& owner, const std::string& id, uint64_t attachment,
                                      Deadline deadline) {
  return redis_.RunScriptDurable(kCloseSession, Keys(owner), {id, std::to_string(attachment)}, deadline).status();
}

absl::StatusOr<std::optional<SessionRecord>> RedisSessionStore::Find(const UserId& owner, const std::string& id,
                                                                     Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto sessions, List(owner, deadline));
  const auto it = std::find_if(sessions.begin(), sessions.end(), [&id](const auto& one) { return one.id == id; });
  if (it == sessions.end()) return std::nullopt;
  return std::move(*it);
}

absl::StatusOr<std::vector<SessionRecord>> RedisSessionStore::List(const UserId& owner, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, redis_.RunScript(kListSessions, Keys(owner), {}, deadline));
  std::vector<SessionRecord> sessions;
  for (const auto& one : reply.array()) {
    const auto& parts = one.array();
    if (parts.size() < 3) return absl::InternalError("gateway_list_sessions answered in another form");
    CROSSPOINT_ASSIGN_OR_RETURN(const auto expires, parts[2].AsInteger());
    CROSSPOINT_ASSIGN_OR_RETURN(auto record, Decode(owner, parts[0].text(), parts[1].text(), expires));
    sessions.push_back(std::move(record));
  }
  std::sort(sessions.begin(), sessions.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return sessions;
}

void RedisSessionStore::NoteOwner(const UserId& owner, milliseconds lease) {
  const auto until =
      std::chrono::duration_cast<milliseconds>((std::chrono::system_clock::now() + 2 * lease).time_since_epoch())
          .count();
  redis_.CallAsync({"ZADD", OwnersKey(owner.tenant), std::to_string(until), owner.value}, redis_.DefaultDeadline(),
                   [](const auto&) {});
}

absl::StatusOr<std::vector<UserId>> RedisSessionStore::Owners(const TenantId& tenant, Deadline deadline) {
  const auto now =
      std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  redis_.CallAsync({"ZREMRANGEBYSCORE", OwnersKey(tenant), "-inf", std::to_string(now)}, deadline, [](const auto&) {});
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, redis_.Call({"ZRANGE", OwnersKey(tenant), "0", "-1"}, deadline));
  std::vector<UserId> owners;
  for (const auto& one : reply.array()) owners.push_back({tenant, one.text()});
  std::sort(owners.begin(), owners.end());
  return owners;
}

namespace {

// From {"ok", device, fence, end, now}.
RoleGrant Granted(const std::vector<RedisReply>& parts, const std::string& session, ClientRole role) {
  return {role,
          parts[1].text(),
          session,
          parts[2].integer(),
          FromMillis(parts[3].integer()),
          milliseconds{parts[3].integer() - parts[4].integer()}};
}

}  // namespace

absl::StatusOr<RoleGrant> RedisRoleStore::Acquire(const UserId& owner, const std::string& session, ClientRole role,
                                                  milliseconds lease, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply,
      redis_.RunScriptDurable(kAcquireRole, Keys(owner), {session, Number(role), Millis(lease)}, deadline));
  const auto& parts = reply.array();
  if (parts.size() == 5) return Granted(parts, session, role);
  if (parts.size() < 3) return UnknownSession("session");
  return ErrorWithInfo(
      absl::StatusCode::kAlreadyExists, "another program on this device holds the role",
      {.reason = "ROLE_HELD",
       .domain = kDomain,
       .metadata = {{"session", parts[1].text()}, {"expire_time_ms", std::to_string(parts[2].integer())}}});
}

absl::StatusOr<RoleGrant> RedisRoleStore::Renew(const UserId& owner, const std::string& session, ClientRole role,
                                                int64_t fencing_token, milliseconds lease, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply,
      redis_.RunScriptDurable(kRenewRole, Keys(owner),
                              {session, Number(role), Millis(lease), std::to_string(fencing_token)}, deadline));
  if (reply.array().size() < 5) return RoleLost();
  return Granted(reply.array(), session, role);
}

absl::Status RedisRoleStore::Release(const UserId& owner, const std::string& session, ClientRole role,
                                     int64_t fencing_token, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply, redis_.RunScriptDurable(kReleaseRole, Keys(owner),
                                                {session, Number(role), std::to_string(fencing_token)}, deadline));
  if (reply.array().empty() || reply.array()[0].text() != "ok") return RoleLost();
  return absl::OkStatus();
}

absl::StatusOr<std::optional<RoleGrant>> RedisRoleStore::Holder(const UserId& owner, const std::string& device,
                                                                ClientRole role, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply,
                              redis_.RunScript(kReadRole, Keys(owner), {device, Number(role)}, deadline));
  const auto& parts = reply.array();
  if (parts.size() < 4) return std::nullopt;
  return RoleGrant{role,
                   device,
                   parts[0].text(),
                   parts[1].integer(),
                   FromMillis(parts[2].integer()),
                   milliseconds{parts[2].integer() - parts[3].integer()}};
}

}  // namespace crosspoint::gateway
