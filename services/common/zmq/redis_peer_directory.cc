#include "common/zmq/redis_peer_directory.h"

#include "common/redis/client.h"
#include "common/status/status.h"

namespace crosspoint {
namespace {

std::string KeyOf(std::string_view channel) { return "cp:{bus}:peers:" + std::string(channel); }

// KEYS[1] hash; ARGV endpoint, public key, lease in ms. The hash itself goes when nobody has renewed for ten leases.
const RedisScript kRegister("bus_register", R"lua(
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], ARGV[1], string.format('%d %s', now + ARGV[3], ARGV[2]))
redis.call('PEXPIRE', KEYS[1], ARGV[3] * 10)
return 1
)lua");

// KEYS[1] hash; ARGV endpoint, public key.
const RedisScript kUnregister("bus_unregister", R"lua(
local entry = redis.call('HGET', KEYS[1], ARGV[1])
if entry and string.match(entry, ' (.*)$') == ARGV[2] then return redis.call('HDEL', KEYS[1], ARGV[1]) end
return 0
)lua");

// KEYS[1] hash. Endpoints and keys in turn.
const RedisScript kList("bus_list", R"lua(
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local entries = redis.call('HGETALL', KEYS[1])
local out = {}
for i = 1, #entries, 2 do
  local expiry, key = string.match(entries[i + 1], '^(%d+) (.*)$')
  if expiry and tonumber(expiry) > now then
    out[#out + 1] = entries[i]
    out[#out + 1] = key
  else
    redis.call('HDEL', KEYS[1], entries[i])
  end
end
return out
)lua");

}  // namespace

absl::Status RedisPeerDirectory::Register(std::string_view channel, const Peer& self, std::chrono::milliseconds lease) {
  const auto reply = redis_.RunScript(kRegister, {KeyOf(channel)},
                                      {self.endpoint, self.public_key, std::to_string(lease.count())}, Deadline());
  return Annotate(reply.status(), "register on the bus");
}

absl::Status RedisPeerDirectory::Unregister(std::string_view channel, const Peer& self) {
  const auto reply = redis_.RunScript(kUnregister, {KeyOf(channel)}, {self.endpoint, self.public_key}, Deadline());
  return Annotate(reply.status(), "leave the bus");
}

absl::StatusOr<std::vector<Peer>> RedisPeerDirectory::List(std::string_view channel) {
  const auto reply = redis_.RunScript(kList, {KeyOf(channel)}, {}, Deadline());
  if (!reply.ok()) return Annotate(reply.status(), "list peers of the bus");
  const auto& parts = reply->array();
  std::vector<Peer> peers;
  for (size_t i = 0; i + 1 < parts.size(); i += 2) peers.push_back({parts[i].text(), parts[i + 1].text()});
  return peers;
}

}  // namespace crosspoint
