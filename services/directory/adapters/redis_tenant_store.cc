#include "directory/adapters/redis_tenant_store.h"

#include <nlohmann/json.hpp>

#include "common/redis/script.h"
#include "common/status/status.h"
#include "directory/adapters/redis_errors.h"
#include "directory/adapters/user_record.h"

namespace crosspoint::directory {
namespace {

// Keys: tenants, revisions, ids, request. Arguments: mode, id, data, expected revision or '', request hash or ''.
// Answers {'ok', data, revision} or {word, detail}.
const RedisScript kWriteTenant("directory_write_tenant", R"lua(
local tenants, revisions, ids, request = unpack(KEYS)
local mode, id, data, expected, hash = unpack(ARGV)
local function answer() return {'ok', redis.call('HGET', tenants, id), redis.call('HGET', revisions, id)} end
if mode == 'create' and hash ~= '' then
  local earlier = redis.call('GET', request)
  if earlier then
    local earlier_hash, earlier_id = string.match(earlier, '^(%S+) (%S+)$')
    if earlier_hash ~= hash then return {'request_reused'} end
    id = earlier_id
    return answer()
  end
end
local there = redis.call('HGET', revisions, id)
if mode == 'ensure' and there then return answer() end
if mode == 'create' and there then return {'exists'} end
if mode == 'update' then
  if not there then return {'missing'} end
  if expected ~= '' and expected ~= there then return {'stale', there} end
  if redis.call('HGET', tenants, id) == data then return answer() end
end
redis.call('HSET', tenants, id, data)
redis.call('HINCRBY', revisions, id, 1)
redis.call('ZADD', ids, 0, id)
if mode == 'create' and hash ~= '' then redis.call('SET', request, hash .. ' ' .. id, 'EX', 86400) end
return answer()
)lua");

// Keys: tenants, revisions, ids. Arguments: id to begin after or '', limit. Answers {last id or '', id, data,
// revision, …}.
const RedisScript kListTenants("directory_list_tenants", R"lua(
local after, limit = ARGV[1], tonumber(ARGV[2])
local found = redis.call('ZRANGEBYLEX', KEYS[3], after == '' and '-' or '(' .. after, '+', 'LIMIT', 0, limit + 1)
local result = {#found > limit and found[limit] or ''}
for i = 1, math.min(#found, limit) do
  result[#result + 1] = found[i]
  result[#result + 1] = redis.call('HGET', KEYS[1], found[i])
  result[#result + 1] = redis.call('HGET', KEYS[2], found[i])
end
return result
)lua");

// Keys: tenants, revisions. Arguments: id. Answers {data, revision} or {}.
const RedisScript kGetTenant("directory_get_tenant", R"lua(
local revision = redis.call('HGET', KEYS[2], ARGV[1])
if not revision then return {} end
return {redis.call('HGET', KEYS[1], ARGV[1]), revision}
)lua");

constexpr char kPrefix[] = "cp:{directory:_}:";

std::string Key(const std::string& name) { return kPrefix + name; }

std::string Encode(const Tenant& tenant) {
  nlohmann::json record{{"name", tenant.display_name},
                        {"bridge", tenant.bridge_mode == BridgeMode::kHosted ? "hosted" : "on_site"},
                        {"outlook", OutlookUseWord(tenant.default_outlook_use)}};
  if (!tenant.region.empty()) record["region"] = tenant.region;
  if (tenant.default_mailbox_binding != MailboxBinding::kDefault) {
    record["mailbox"] = MailboxBindingWord(tenant.default_mailbox_binding);
  }
  return record.dump();
}

absl::StatusOr<Tenant> Decode(const std::string& id, const std::string& record, const std::string& revision) {
  const auto json = nlohmann::json::parse(record, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return absl::DataLossError("the record of tenant " + id + " is not a JSON object");
  try {
    return Tenant{
        .id = {id},
        .display_name = json.value("name", ""),
        .bridge_mode = json.value("bridge", "") == "hosted" ? BridgeMode::kHosted : BridgeMode::kOnSite,
        .region = json.value("region", ""),
        .default_mailbox_binding = MailboxBindingOf(json.value("mailbox", "")),
        .default_outlook_use = OutlookUseOf(json.value("outlook", "auto")),
        .revision = std::stoull(revision),
    };
  } catch (const std::exception& error) {
    return absl::DataLossError("the record of tenant " + id + ": " + error.what());
  }
}

absl::StatusOr<Tenant> Read(const TenantId& id, const std::vector<std::string>& answer) {
  if (answer.empty()) return absl::InternalError("directory_write_tenant answered nothing");
  const auto& word = answer[0];
  if (word == "ok" && answer.size() == 3) return Decode(id.value, answer[1], answer[2]);
  if (word == "exists") {
    return ErrorWithInfo(absl::StatusCode::kAlreadyExists, id.Name() + " exists already",
                         {.reason = "TENANT_EXISTS", .domain = "directory.crosspoint", .metadata = {}});
  }
  if (word == "missing") return TenantUnknown(id);
  if (word == "stale") return StaleEtag("tenant");
  if (word == "request_reused") return RequestIdReused();
  return absl::InternalError("directory_write_tenant answered " + word);
}

}  // namespace

absl::StatusOr<std::vector<std::string>> RedisTenantStore::Write(const char* mode, const Tenant& tenant,
                                                                 uint64_t revision, const std::string& request_id,
                                                                 const std::string& request_hash, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply, redis_.RunScriptDurable(
                            kWriteTenant, {Key("tenants"), Key("revisions"), Key("ids"), Key("request:" + request_id)},
                            {mode, tenant.id.value, Encode(tenant), revision == 0 ? "" : std::to_string(revision),
                             request_id.empty() ? "" : request_hash},
                            deadline));
  std::vector<std::string> words;
  for (const auto& part : reply.array()) words.push_back(part.text());
  return words;
}

absl::StatusOr<Tenant> RedisTenantStore::Create(const Tenant& tenant, const std::string& request_id,
                                                const std::string& request_hash, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto answer, Write("create", tenant, 0, request_id, request_hash, deadline));
  return Read(tenant.id, answer);
}

absl::Status RedisTenantStore::Ensure(const Tenant& tenant, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto answer, Write("ensure", tenant, 0, "", "", deadline));
  return Read(tenant.id, answer).status();
}

absl::StatusOr<Tenant> RedisTenantStore::Update(const Tenant& tenant, uint64_t revision, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto answer, Write("update", tenant, revision, "", "", deadline));
  return Read(tenant.id, answer);
}

absl::StatusOr<Tenant> RedisTenantStore::Get(const TenantId& id, Deadline deadline) {
  // Record and revision in one look, so that both are of the same write.
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply,
                              redis_.RunScript(kGetTenant, {Key("tenants"), Key("revisions")}, {id.value}, deadline));
  const auto& parts = reply.array();
  if (parts.size() != 2) return TenantUnknown(id);
  return Decode(id.value, parts[0].text(), parts[1].text());
}

absl::StatusOr<TenantPage> RedisTenantStore::List(const std::string& after, size_t limit, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply,
                              redis_.RunScript(kListTenants, {Key("tenants"), Key("revisions"), Key("ids")},
                                               {after, std::to_string(limit)}, deadline));
  const auto& parts = reply.array();
  if (parts.empty()) return absl::InternalError("directory_list_tenants answered nothing");
  TenantPage page{.tenants = {}, .last_id = parts[0].text()};
  for (size_t i = 1; i + 2 < parts.size(); i += 3) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto tenant, Decode(parts[i].text(), parts[i + 1].text(), parts[i + 2].text()));
    page.tenants.push_back(std::move(tenant));
  }
  return page;
}

}  // namespace crosspoint::directory
