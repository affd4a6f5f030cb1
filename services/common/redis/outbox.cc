#include "common/redis/outbox.h"

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "common/redis/errors.h"
#include "common/redis/outbox_format.h"
#include "common/status/status.h"

namespace crosspoint {

extern const char kOutboxLua[] = R"lua(
local function outbox_add(key, first)
  redis.call('XADD', key, '*', 'type', ARGV[first], 'id', ARGV[first + 1], 'payload', ARGV[first + 2],
    'traceparent', ARGV[first + 3], 'request_id', ARGV[first + 4])
end
)lua";

namespace {

constexpr std::chrono::seconds kTrusted{60};  // well below the workers' five minutes
constexpr size_t kMaxRemembered = 10'000;

const RedisScript kRegister("outbox_register", R"lua(
local time = redis.call('TIME')
return redis.call('ZADD', KEYS[1], time[1] * 1000 + math.floor(time[2] / 1000), ARGV[1])
)lua");

// Nobody may be listening, so the list is capped and forgets.
const RedisScript kRing("outbox_ring", R"lua(
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], -1000, -1)
return redis.call('PEXPIRE', KEYS[1], 60000)
)lua");

const RedisScript kReplay("outbox_replay", R"lua(
local found = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])
if #found == 0 then return 0 end
local fields = found[1][2]
local entry = {}
for i = 1, #fields, 2 do
  local name = fields[i]
  if name ~= 'reason' and name ~= 'attempts' and name ~= 'failed_at' then
    entry[#entry + 1] = name
    entry[#entry + 1] = fields[i + 1]
  end
end
redis.call('XADD', KEYS[2], '*', unpack(entry))
redis.call('XDEL', KEYS[1], ARGV[1])
if redis.call('XLEN', KEYS[1]) == 0 then redis.call('DEL', KEYS[1]) end
return 1
)lua");

std::string Beside(std::string_view stream, std::string_view kind) {
  const auto end = stream.rfind(':');
  return std::string(stream.substr(0, end == std::string_view::npos ? stream.size() : end)) + std::string(kind);
}

}  // namespace

std::string OutboxDeadStream(std::string_view stream) { return Beside(stream, ":dead"); }
std::string OutboxOwnerKey(std::string_view stream) { return std::string(stream) + ":owner"; }

std::string OutboxField(const RedisReply& fields, std::string_view name) {
  const auto& list = fields.array();
  for (size_t i = 0; i + 1 < list.size(); i += 2) {
    if (list[i].text() == name) return list[i + 1].text();
  }
  return "";
}

OutboxEntry ParseOutboxEntry(const RedisReply& fields) {
  return OutboxEntry{.type = OutboxField(fields, "type"),
                     .id = OutboxField(fields, "id"),
                     .payload = OutboxField(fields, "payload"),
                     .traceparent = OutboxField(fields, "traceparent"),
                     .request_id = OutboxField(fields, "request_id")};
}

std::vector<std::string> OutboxArgs(const OutboxEntry& entry) {
  return {entry.type, entry.id, entry.payload, entry.traceparent, entry.request_id};
}

class Outbox::Impl {
 public:
  Impl(RedisClient& redis, const std::string& service)
      : redis_(redis),
        registry_("cp:{" + service + ":_}:outboxes"),
        bell_("cp:{" + service + ":_}:bell"),
        dead_registry_("cp:{" + service + ":_}:dead-letters") {}

  bool IsTrusted(const std::string& stream, Deadline now) {
    const std::lock_guard lock(mu_);
    const auto found = trusted_until_.find(stream);
    return found != trusted_until_.end() && found->second > now;
  }

  void Trust(const std::string& stream, Deadline now) {
    const std::lock_guard lock(mu_);
    if (trusted_until_.size() >= kMaxRemembered) {
      std::erase_if(trusted_until_, [now](const auto& entry) { return entry.second <= now; });
      if (trusted_until_.size() >= kMaxRemembered) trusted_until_.clear();
    }
    trusted_until_[stream] = now + kTrusted;
  }

  RedisClient& redis_;
  const std::string registry_;
  const std::string bell_;
  const std::string dead_registry_;

  std::mutex worker_mu_;
  OutboxWorker* worker_ = nullptr;  // guarded by worker_mu_

 private:
  std::mutex mu_;
  std::unordered_map<std::string, Deadline> trusted_until_;  // guarded by mu_; by stream
};

Outbox::Outbox(RedisClient& redis, std::string service) : impl_(std::make_unique<Impl>(redis, service)) {}
Outbox::~Outbox() = default;

std::string Outbox::StreamOf(std::string_view key) {
  const auto open = key.find('{');
  const auto close = open == std::string_view::npos ? open : key.find('}', open);
  if (close == std::string_view::npos) std::abort();  // every key has a tag
  return std::string(key.substr(0, close + 1)) + ":outbox";
}

absl::Status Outbox::Prepare(const std::string& stream, Deadline deadline) {
  const auto now = std::chrono::steady_clock::now();
  if (impl_->IsTrusted(stream, now)) return absl::OkStatus();
  CROSSPOINT_RETURN_IF_ERROR(
      impl_->redis_.RunScriptDurable(kRegister, {impl_->registry_}, {stream}, deadline).status());
  impl_->Trust(stream, now);
  return absl::OkStatus();
}

void Outbox::Nudge(const std::string& stream) {
  {
    const std::lock_guard lock(impl_->worker_mu_);
    if (impl_->worker_) {
      impl_->worker_->Wake(stream);
      return;
    }
  }
  impl_->redis_.RunScriptAsync(kRing, {impl_->bell_}, {stream}, impl_->redis_.DefaultDeadline(), [](const auto&) {});
}

absl::StatusOr<RedisReply> Outbox::RunScript(const RedisScript& script, std::vector<std::string> keys,
                                             std::vector<std::string> args, Deadline deadline) {
  if (keys.empty()) return absl::InvalidArgumentError("an outbox script needs keys");
  const auto stream = StreamOf(keys.front());
  if (std::find(keys.begin(), keys.end(), stream) == keys.end()) {
    return absl::InvalidArgumentError("an outbox script must be given the key " + stream);
  }
  CROSSPOINT_RETURN_IF_ERROR(Prepare(stream, deadline));
  auto reply = impl_->redis_.RunScriptDurable(script, std::move(keys), std::move(args), deadline);
  Nudge(stream);  // also after an error: the script may have happened
  return reply;
}

absl::StatusOr<std::vector<DeadLetter>> Outbox::ListDeadLetters(size_t limit, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto members, impl_->redis_.Call({"SMEMBERS", impl_->dead_registry_}, deadline));
  std::vector<std::string> streams;
  for (const auto& member : members.array()) streams.push_back(member.text());
  std::sort(streams.begin(), streams.end());
  std::vector<DeadLetter> letters;
  for (const auto& stream : streams) {
    if (letters.size() >= limit) break;
    CROSSPOINT_ASSIGN_OR_RETURN(const auto found, impl_->redis_.Call({"XRANGE", OutboxDeadStream(stream), "-", "+",
                                                                      "COUNT", std::to_string(limit - letters.size())},
                                                                     deadline));
    for (const auto& item : found.array()) {
      if (item.array().size() != 2) continue;
      const auto& fields = item.array()[1];
      letters.push_back({.entry = ParseOutboxEntry(fields),
                         .stream = stream,
                         .id = item.array()[0].text(),
                         .reason = OutboxField(fields, "reason"),
                         .attempts = std::atoi(OutboxField(fields, "attempts").c_str()),
                         .failed_at = std::chrono::milliseconds(
                             std::strtoll(OutboxField(fields, "failed_at").c_str(), nullptr, 10))});
    }
  }
  return letters;
}

absl::Status Outbox::ReplayDeadLetter(const std::string& stream, const std::string& id, Deadline deadline) {
  const auto absent = RedisError(absl::StatusCode::kNotFound, "NO_DEAD_LETTER", "no such dead letter");
  CROSSPOINT_ASSIGN_OR_RETURN(const auto known,
                              impl_->redis_.Call({"SISMEMBER", impl_->dead_registry_, stream}, deadline));
  const bool is_id = !id.empty() && id.find_first_not_of("0123456789-") == std::string::npos;
  if (known.integer() != 1 || !is_id) return absent;
  CROSSPOINT_RETURN_IF_ERROR(Prepare(stream, deadline));
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto moved, impl_->redis_.RunScriptDurable(kReplay, {OutboxDeadStream(stream), stream}, {id}, deadline));
  if (moved.integer() != 1) return absent;
  Nudge(stream);
  return absl::OkStatus();
}

const std::string& Outbox::registry_key() const { return impl_->registry_; }
const std::string& Outbox::bell_key() const { return impl_->bell_; }
const std::string& Outbox::dead_registry_key() const { return impl_->dead_registry_; }
RedisClient& Outbox::redis() { return impl_->redis_; }

void Outbox::AttachWorker(OutboxWorker* worker) {
  const std::lock_guard lock(impl_->worker_mu_);
  impl_->worker_ = worker;
}

}  // namespace crosspoint
