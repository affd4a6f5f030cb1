#include "common/redis/persistence.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>

#include "common/redis/errors.h"
#include "common/status/status.h"

namespace crosspoint {
namespace {

using Facts = std::map<std::string, std::string, std::less<>>;

// INFO answers "name:value" lines among comments.
Facts ParseInfo(std::string_view text) {
  Facts facts;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || line.starts_with('#')) continue;
    auto value = line.substr(colon + 1);
    if (value.ends_with('\r')) value.remove_suffix(1);
    facts.emplace(line.substr(0, colon), value);
  }
  return facts;
}

absl::StatusOr<Facts> Info(RedisClient& redis, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto all, redis.Call({"INFO"}, deadline));
  return ParseInfo(all.text());
}

absl::StatusOr<std::string> Setting(RedisClient& redis, const std::string& name, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, redis.Call({"CONFIG", "GET", name}, deadline));
  return reply.array().size() == 2 ? reply.array()[1].text() : std::string();
}

absl::Status Refuse(const std::string& why) {
  return RedisError(absl::StatusCode::kFailedPrecondition, "REDIS_NOT_DURABLE",
                    "this Redis can lose what was acknowledged: " + why);
}

bool VersionAtLeast(std::string_view version, int major, int minor) {
  int have_major = 0;
  int have_minor = 0;
  if (std::sscanf(std::string(version).c_str(), "%d.%d", &have_major, &have_minor) != 2) return false;
  return have_major > major || (have_major == major && have_minor >= minor);
}

std::string_view Fact(const Facts& facts, std::string_view name) {
  const auto found = facts.find(name);
  return found == facts.end() ? std::string_view() : std::string_view(found->second);
}

absl::Status CheckReplicas(const Facts& facts, int wanted) {
  int connected = 0;
  if (const auto count = Fact(facts, "connected_slaves"); !count.empty()) connected = std::stoi(std::string(count));
  if (connected >= wanted) return absl::OkStatus();
  return RedisError(absl::StatusCode::kUnavailable, "NOT_DURABLE",
                    fmt::format("{} of {} replicas are connected", connected, wanted));
}

}  // namespace

absl::Status CheckPersistence(RedisClient& redis, Deadline deadline) {
  const auto& config = redis.config();
  CROSSPOINT_ASSIGN_OR_RETURN(const auto facts, Info(redis, deadline));
  if (Fact(facts, "role") != "master") {
    return RedisError(absl::StatusCode::kUnavailable, "REDIS_READ_ONLY", "redis.address leads to a replica");
  }
  if (config.allow_volatile) return absl::OkStatus();
  if (Fact(facts, "aof_enabled") != "1") {
    return Refuse("set `appendonly yes` (or redis.allow_volatile for a throw-away Redis)");
  }
  const auto eviction = Fact(facts, "maxmemory_policy");
  if (Fact(facts, "maxmemory") != "0" && eviction != "noeviction") {
    return Refuse(fmt::format("set `maxmemory-policy noeviction` instead of {}", eviction));
  }
  // WAITAOF (Redis 7.2, Valkey) waits for the file's sync itself; elsewhere only `always` syncs before the answer.
  const bool waits_for_file =
      config.durability != RedisDurability::kSingle && VersionAtLeast(Fact(facts, "redis_version"), 7, 2);
  auto sync = Setting(redis, "appendfsync", deadline);
  if (absl::IsInternal(sync.status())) {
    return Refuse("cannot read its appendfsync setting; give the ACL user +config|get: " + MessageOf(sync.status()));
  }
  CROSSPOINT_RETURN_IF_ERROR(sync.status());
  if (*sync != "always" && !(waits_for_file && *sync == "everysec")) {
    return Refuse(fmt::format("set `appendfsync always` instead of {}", *sync));
  }
  if (config.durability == RedisDurability::kWaitAll) return CheckReplicas(facts, config.replicas);
  if (config.durability == RedisDurability::kWaitOne) return CheckReplicas(facts, 1);
  return absl::OkStatus();
}

}  // namespace crosspoint
