#include "directory/adapters/redis_connector_store.h"

#include "common/redis/script.h"
#include "common/status/status.h"
#include "directory/adapters/redis_errors.h"

namespace crosspoint::directory {
namespace {

// Keys: connector. Arguments: expected revision or '', enabled, address, username, password, secret. Answers {'ok',
// revision} or {'stale'}. What nobody stored is at revision 1.
const RedisScript kPutConnector("directory_put_connector", R"lua(
local expected = ARGV[1]
local now = redis.call('HMGET', KEYS[1], 'enabled', 'address', 'username', 'password', 'secret', 'rev')
local revision = now[6] or '1'
if expected ~= '' and expected ~= revision then return {'stale'} end
local same = now[6]
for i = 1, 5 do same = same and now[i] == ARGV[i + 1] end
if same then return {'ok', revision} end
revision = tostring(tonumber(revision) + 1)
redis.call('HSET', KEYS[1], 'enabled', ARGV[2], 'address', ARGV[3], 'username', ARGV[4], 'password', ARGV[5],
           'secret', ARGV[6], 'rev', revision)
return {'ok', revision}
)lua");

std::string Key(const TenantId& tenant) { return KeyPrefix(tenant) + "connector"; }

}  // namespace

absl::StatusOr<std::optional<ConnectorPage>> RedisConnectorStore::Get(const TenantId& tenant, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply,
      redis_.Call({"HMGET", Key(tenant), "enabled", "address", "username", "password", "secret", "rev"}, deadline));
  const auto& fields = reply.array();
  if (fields.size() != 6 || fields[5].is_nil()) return std::optional<ConnectorPage>();
  ConnectorPage page{.enabled = fields[0].text() == "1",
                     .server_address = fields[1].text(),
                     .username = fields[2].text(),
                     .password = fields[3].text(),
                     .credential_secret = fields[4].text()};
  CROSSPOINT_ASSIGN_OR_RETURN(const auto revision, fields[5].AsInteger());
  page.revision = static_cast<uint64_t>(revision);
  return std::optional(std::move(page));
}

absl::StatusOr<ConnectorPage> RedisConnectorStore::Put(const TenantId& tenant, const ConnectorPage& page,
                                                       uint64_t revision, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply,
      redis_.RunScriptDurable(kPutConnector, {Key(tenant)},
                              {revision == 0 ? "" : std::to_string(revision), page.enabled ? "1" : "0",
                               page.server_address, page.username, page.password, page.credential_secret},
                              deadline));
  const auto& parts = reply.array();
  if (parts.size() != 2) return StaleEtag("connector");
  ConnectorPage stored = page;
  CROSSPOINT_ASSIGN_OR_RETURN(const auto now, parts[1].AsInteger());
  stored.revision = static_cast<uint64_t>(now);
  return stored;
}

}  // namespace crosspoint::directory
