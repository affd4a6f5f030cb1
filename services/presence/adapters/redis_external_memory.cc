#include "presence/adapters/redis_external_memory.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/redis/client.h"
#include "common/status/status.h"
#include "presence/adapters/change_result.h"
#include "presence/adapters/json_text.h"
#include "presence/adapters/shard_keys.h"

namespace crosspoint::presence {
namespace {

using nlohmann::json;

std::string ExternalKey(uint8_t shard) { return ShardKey(shard, "external"); }

int64_t Micros(TimePoint time) { return time.time_since_epoch().count(); }
TimePoint TimeOf(const json& from) { return TimePoint{std::chrono::microseconds{from.get<int64_t>()}}; }

}  // namespace

std::string EncodeExternalMemory(const ExternalMemory& memory) {
  json out{
      {"session_end", Micros(memory.session_end)}, {"claim_end", Micros(memory.claim_end)}, {"echoes", json::array()}};
  if (memory.session) {
    out["session"] = {{"state", memory.session->state.value},
                      {"note", memory.session->note},
                      {"on_the_phone", memory.session->on_the_phone}};
  }
  if (memory.claim) {
    out["claim"] = {{"state", memory.claim->state.value_or(StateId{}).value}, {"note", memory.claim->note}};
  }
  for (const auto& echo : memory.echoes) {
    out["echoes"].push_back({{"shows_as", echo.shows_as.value}, {"until", Micros(echo.until)}});
  }
  return out.dump();
}

std::optional<ExternalMemory> DecodeExternalMemory(std::string_view text) {
  return DecodeJson(text, [](const json& from) {
    ExternalMemory memory;
    memory.session_end = TimeOf(from.at("session_end"));
    memory.claim_end = TimeOf(from.at("claim_end"));
    if (from.contains("session")) {
      const auto& session = from.at("session");
      memory.session = ExternalSession{{session.at("state").get<std::string>()},
                                       session.at("note").get<std::string>(),
                                       session.at("on_the_phone").get<bool>()};
    }
    if (from.contains("claim")) {
      const auto& claim = from.at("claim");
      memory.claim =
          ExternalReading{StateId{claim.at("state").get<std::string>()}, claim.at("note").get<std::string>()};
    }
    for (const auto& echo : from.at("echoes")) {
      memory.echoes.push_back({{echo.at("shows_as").get<std::string>()}, TimeOf(echo.at("until"))});
    }
    return memory;
  });
}

absl::StatusOr<ExternalMemory> RedisExternalMemory::Load(const UserId& id, Deadline deadline) {
  const auto user = KeyOf(id);
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, redis_.Call({"HGET", ExternalKey(ShardOfUser(user)), user},
                                                            std::min(deadline, redis_.DefaultDeadline())));
  if (reply.is_nil()) return ExternalMemory{};
  auto memory = DecodeExternalMemory(reply.text());
  if (!memory) return Unreadable("memory of external presence");
  return *std::move(memory);
}

absl::Status RedisExternalMemory::Save(const UserId& id, const ExternalMemory& memory, Deadline deadline) {
  const auto user = KeyOf(id);
  const auto key = ExternalKey(ShardOfUser(user));
  std::vector<std::string> command{"HDEL", key, user};
  if (memory != ExternalMemory{}) command = {"HSET", key, user, EncodeExternalMemory(memory)};
  return redis_.CallDurable(std::move(command), std::min(deadline, redis_.DefaultDeadline())).status();
}

absl::StatusOr<std::vector<UserId>> RedisExternalMemory::List(Deadline deadline) {
  std::vector<UserId> users;
  for (size_t shard = 0; shard < kShards; ++shard) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, redis_.Call({"HKEYS", ExternalKey(static_cast<uint8_t>(shard))},
                                                              std::min(deadline, redis_.DefaultDeadline())));
    for (const auto& user : reply.array()) users.push_back(UserOf(user.text()));
  }
  return users;
}

}  // namespace crosspoint::presence
