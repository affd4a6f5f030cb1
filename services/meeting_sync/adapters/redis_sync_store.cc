#include "meeting_sync/adapters/redis_sync_store.h"

#include <charconv>
#include <utility>

#include "common/redis/fenced_note.h"
#include "common/status/status.h"
#include "common/tracing/tracing.h"
#include "meeting_sync/adapters/keys.h"
#include "meeting_sync/adapters/record_codec.h"

namespace crosspoint::meeting_sync {
namespace {

// Everything a run changes, under the lease. KEYS: sync, items, claims, outbox, lease. ARGV: the lease's token, the
// resync request that is answered, then seven lists, each behind its length: fields to set and to take out of sync,
// items and claims, and outbox entries.
const RedisScript& CommitScript() {
  static const RedisScript script("meeting_sync_commit", std::string(kOutboxLua) + R"lua(
if redis.call('GET', KEYS[5]) ~= ARGV[1] then return redis.error_reply('FENCED lease lost') end
if redis.call('HGET', KEYS[1], 'resync') == ARGV[2] then redis.call('HDEL', KEYS[1], 'resync') end
local at = 3
local function take()
  local value = ARGV[at]
  at = at + 1
  return value
end
for key = 1, 3 do
  for _ = 1, tonumber(take()) do
    local field = take()
    redis.call('HSET', KEYS[key], field, take())
  end
  for _ = 1, tonumber(take()) do redis.call('HDEL', KEYS[key], take()) end
end
for _ = 1, tonumber(take()) do
  outbox_add(KEYS[4], at)
  at = at + 5
end
return 1
)lua");
  return script;
}

const RedisScript& DropScript() {
  static const RedisScript script("meeting_sync_drop", std::string(kOutboxLua) + R"lua(
if redis.call('GET', KEYS[5]) ~= ARGV[1] then return redis.error_reply('FENCED lease lost') end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
for entry = 0, tonumber(ARGV[2]) - 1 do outbox_add(KEYS[4], 3 + entry * 5) end
return 1
)lua");
  return script;
}

std::vector<std::string> KeysOf(const UserId& user) {
  return {MailboxKey(user, "sync"), MailboxKey(user, "items"), MailboxKey(user, "claims"), MailboxKey(user, "outbox"),
          MailboxKey(user, "lease")};
}

std::string Micros(TimePoint time) { return std::to_string(time.time_since_epoch().count()); }

int64_t Number(const std::string& text) {
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}
TimePoint Time(const std::string& text) { return TimePoint{TimePoint::duration{Number(text)}}; }

void AddOrder(const UserId& user, ClaimOrder::Kind kind, const PlannedClaim& claim, std::vector<std::string>& args) {
  const ClaimOrder order{.kind = kind, .user = user, .claim = claim};
  const OutboxEntry entry{.type = kind == ClaimOrder::Kind::kPut ? kPutClaimType : kDeleteClaimType,
                          .id = claim.id,
                          .payload = EncodeOrder(order),
                          .traceparent = tracing::FormatTraceparent(tracing::Current()),
                          .request_id = log::CurrentContext().request_id};
  for (auto& arg : OutboxArgs(entry)) args.push_back(std::move(arg));
}

// Every second reply is a field's value; the one before it its name.
template <class Each>
void ForEachField(const RedisReply& reply, const Each& each) {
  const auto& fields = reply.array();
  for (size_t i = 0; i + 1 < fields.size(); i += 2) each(fields[i].text(), fields[i + 1].text());
}

std::vector<std::string> CommitArgs(const UserId& user, const MailboxLease& lease, const SyncCommit& commit) {
  const auto& point = commit.point;
  std::vector<std::string> args{lease.token, std::to_string(point.resync_request)};
  const auto count = [&args](size_t n) { args.push_back(std::to_string(n)); };
  const auto pair = [&args](std::string field, std::string value) {
    args.push_back(std::move(field));
    args.push_back(std::move(value));
  };
  count(6);
  pair("state", point.sync_state);
  pair("sync_time", Micros(point.sync_time));
  pair("window_end", Micros(point.window_end));
  pair("view_end", Micros(point.view_end));
  pair("fence", std::to_string(point.fence));
  pair("linked_items", std::to_string(point.linked_items));
  count(1);
  args.push_back("problem");
  count(commit.links.put.size());
  for (const auto& link : commit.links.put) pair(link.key.value, EncodeLink(link));
  count(commit.links.removed.size());
  for (const auto& key : commit.links.removed) args.push_back(key.value);
  count(commit.claims.put.size());
  for (const auto& claim : commit.claims.put) pair(claim.id, EncodeClaim(claim));
  count(commit.claims.deleted.size() + commit.claims.ended.size());
  for (const auto& id : commit.claims.deleted) args.push_back(id);
  for (const auto& id : commit.claims.ended) args.push_back(id);
  count(commit.claims.put.size() + commit.claims.deleted.size());
  for (const auto& id : commit.claims.deleted) AddOrder(user, ClaimOrder::Kind::kDelete, {.id = id}, args);
  for (const auto& claim : commit.claims.put) AddOrder(user, ClaimOrder::Kind::kPut, claim, args);
  return args;
}

}  // namespace

absl::StatusOr<SyncPoint> RedisSyncStore::LoadPoint(const UserId& user) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply,
                              redis_.Call({"HGETALL", MailboxKey(user, "sync")}, redis_.DefaultDeadline()));
  SyncPoint point;
  ForEachField(reply, [&point](const std::string& field, const std::string& value) {
    if (field == "state") point.sync_state = value;
    if (field == "sync_time") point.sync_time = Time(value);
    if (field == "window_end") point.window_end = Time(value);
    if (field == "view_end") point.view_end = Time(value);
    if (field == "fence") point.fence = static_cast<uint64_t>(Number(value));
    if (field == "linked_items") point.linked_items = static_cast<int>(Number(value));
    if (field == "problem") point.problem = value;
    if (field == "resync") point.resync_request = Number(value);
  });
  return point;
}

absl::StatusOr<StoredItems> RedisSyncStore::LoadItems(const UserId& user) {
  const auto deadline = redis_.DefaultDeadline();
  CROSSPOINT_ASSIGN_OR_RETURN(const auto items, redis_.Call({"HGETALL", MailboxKey(user, "items")}, deadline));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto claims, redis_.Call({"HGETALL", MailboxKey(user, "claims")}, deadline));
  StoredItems stored;
  const auto unreadable = [&](const std::string& field) {
    log_.Warn("unreadable_record", {{"user", user.Name()}, {"field", field}});
  };
  ForEachField(items, [&](const std::string& field, const std::string& value) {
    if (auto link = DecodeLink(field, value)) {
      stored.links.emplace(link->key, *std::move(link));
    } else {
      unreadable(field);
    }
  });
  ForEachField(claims, [&](const std::string& field, const std::string& value) {
    if (auto claim = DecodeClaim(field, value)) {
      stored.claims.emplace(field, *std::move(claim));
    } else {
      unreadable(field);
    }
  });
  return stored;
}

absl::StatusOr<std::optional<ItemLink>> RedisSyncStore::FindLink(const UserId& user, const ItemKey& key) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply,
                              redis_.Call({"HGET", MailboxKey(user, "items"), key.value}, redis_.DefaultDeadline()));
  if (reply.is_nil()) return std::optional<ItemLink>();
  return DecodeLink(key.value, reply.text());
}

absl::Status RedisSyncStore::Commit(const UserId& user, const MailboxLease& lease, const SyncCommit& commit) {
  auto args = CommitArgs(user, lease, commit);
  const auto deadline = redis_.DefaultDeadline();
  const bool orders = !commit.claims.put.empty() || !commit.claims.deleted.empty();
  if (orders) return outbox_.RunScript(CommitScript(), KeysOf(user), std::move(args), deadline).status();
  return redis_.RunScriptDurable(CommitScript(), KeysOf(user), std::move(args), deadline).status();
}

absl::Status RedisSyncStore::NoteProblem(const UserId& user, const MailboxLease& lease, const std::string& problem) {
  return FencedNote(redis_, MailboxKey(user, "sync"), MailboxKey(user, "lease"), lease.token, "problem", problem);
}

absl::StatusOr<std::string> RedisSyncStore::Holder(const UserId& user) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply,
                              redis_.Call({"GET", MailboxKey(user, "lease")}, redis_.DefaultDeadline()));
  const auto& token = reply.text();
  const auto colon = token.find(':');
  return colon == std::string::npos ? std::string() : token.substr(colon + 1);
}

absl::Status RedisSyncStore::RequestResync(const UserId& user) {
  return redis_.CallDurable({"HINCRBY", MailboxKey(user, "sync"), "resync", "1"}, redis_.DefaultDeadline()).status();
}

absl::Status RedisSyncStore::Drop(const UserId& user, const MailboxLease& lease, const ClaimTable& claims) {
  std::vector<std::string> args{lease.token, std::to_string(claims.size())};
  for (const auto& [id, claim] : claims) AddOrder(user, ClaimOrder::Kind::kDelete, {.id = id}, args);
  return outbox_.RunScript(DropScript(), KeysOf(user), std::move(args), redis_.DefaultDeadline()).status();
}

}  // namespace crosspoint::meeting_sync
