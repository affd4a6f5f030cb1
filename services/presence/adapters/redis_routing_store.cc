#include "presence/adapters/redis_routing_store.h"

#include <algorithm>
#include <utility>

#include "common/redis/client.h"
#include "common/status/status.h"
#include "presence/adapters/presence_scripts.h"
#include "presence/adapters/routing_codec.h"
#include "presence/adapters/shard_keys.h"

namespace crosspoint::presence {
namespace {

constexpr char kNeverWritten[] = "0";

std::string KeyFor(const UserId& user) {
  const auto key = KeyOf(user);
  return ShardKey(ShardOfUser(key), "routing:" + key);
}

absl::Status Unreadable() { return absl::InternalError("Redis holds an unreadable call routing"); }

// "version|JSON"
template <class Value, class Decode>
absl::Status Take(const std::string& text, Decode decode, Value& value, std::string& etag) {
  const auto bar = text.find('|');
  if (bar == std::string::npos) return Unreadable();
  auto decoded = decode(std::string_view(text).substr(bar + 1));
  if (!decoded) return Unreadable();
  value = *std::move(decoded);
  etag = text.substr(0, bar);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<UserRouting> RedisRoutingStore::Read(const UserId& user, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, redis_.Call({"HMGET", KeyFor(user), "profile", "rules"},
                                                            std::min(deadline, redis_.DefaultDeadline())));
  const auto& parts = reply.array();
  if (parts.size() != 2) return Unreadable();
  UserRouting routing{{}, kNeverWritten, {}, kNeverWritten};
  if (!parts[0].is_nil()) {
    CROSSPOINT_RETURN_IF_ERROR(Take(parts[0].text(), DecodeProfile, routing.profile, routing.profile_etag));
  }
  if (!parts[1].is_nil()) {
    CROSSPOINT_RETURN_IF_ERROR(Take(parts[1].text(), DecodeRules, routing.rules, routing.rules_etag));
  }
  return routing;
}

absl::StatusOr<std::string> RedisRoutingStore::Write(const UserId& user, const char* field, std::string text,
                                                     const std::string& etag, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply,
                              redis_.RunScriptDurable(kVersionedScript, {KeyFor(user)}, {field, etag, std::move(text)},
                                                      std::min(deadline, redis_.DefaultDeadline())));
  CROSSPOINT_ASSIGN_OR_RETURN(auto written, reply.AsString());
  if (written.empty()) {
    return ErrorWithInfo(absl::StatusCode::kAborted, "the routing changed since it was read; read it again",
                         {"ETAG_STALE", "presence.crosspoint", {}});
  }
  return written;
}

absl::StatusOr<std::string> RedisRoutingStore::WriteProfile(const UserId& user, const RoutingProfile& profile,
                                                            const std::string& etag, Deadline deadline) {
  return Write(user, "profile", EncodeProfile(profile), etag, deadline);
}

absl::StatusOr<std::string> RedisRoutingStore::WriteRules(const UserId& user, const std::vector<RoutingRule>& rules,
                                                          const std::string& etag, Deadline deadline) {
  return Write(user, "rules", EncodeRules(rules), etag, deadline);
}

}  // namespace crosspoint::presence
