#include "contact/adapters/redis_sync_store.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/redis/fenced_note.h"
#include "common/status/status.h"
#include "contact/adapters/contact_scripts.h"
#include "contact/adapters/keys.h"
#include "contact/adapters/record_codec.h"
#include "contact/adapters/redis_contact_store.h"
#include "contact/app/reasons.h"

namespace crosspoint::contact {
namespace {

constexpr size_t kFieldsPerCall = 500;

// Everything a run changes, under the lease. KEYS: meta, outbox, lease, links, held, sync. ARGV from 4: the lease's
// token, '1' when a run ended, its sync state and begin; then lists, each behind its length: links (contact, record),
// contacts unlinked, held, released, outbox entries; writes.
const RedisScript& CommitScript() {
  static const RedisScript script("contact_sync_commit", std::string(kOutboxLua) + kWritesLua + R"lua(
if redis.call('GET', KEYS[3]) ~= take() then return redis.error_reply('FENCED lease lost') end
local ended, state, begun = take(), take(), take()
local links, unlinked, hold, release = {}, {}, {}, {}
for i = 1, tonumber(take()) do links[i] = {take(), take()} end
for _, list in ipairs({unlinked, hold, release}) do
  for i = 1, tonumber(take()) do list[i] = take() end
end
local entries = tonumber(take())
local first_entry = at
at = at + 5 * entries
local writes = read_writes()
local refused = refusal(writes)
if refused then return refused end
write_all(writes)
for _, link in ipairs(links) do redis.call('HSET', KEYS[4], link[1], link[2]) end
for _, contact in ipairs(unlinked) do redis.call('HDEL', KEYS[4], contact) end
for _, contact in ipairs(hold) do redis.call('SADD', KEYS[5], contact) end
for _, contact in ipairs(release) do redis.call('SREM', KEYS[5], contact) end
for i = 0, entries - 1 do outbox_add(KEYS[2], first_entry + 5 * i) end
if ended == '1' then
  redis.call('HSET', KEYS[6], 'state', state, 'begun', begun, 'ended', now)
  redis.call('HDEL', KEYS[6], 'problem')
end
return {'ok'}
)lua");
  return script;
}

int64_t Number(const std::string& text) {
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

void AddList(const std::vector<std::string>& list, std::vector<std::string>& args) {
  args.push_back(std::to_string(list.size()));
  args.insert(args.end(), list.begin(), list.end());
}

}  // namespace

absl::StatusOr<SyncPoint> RedisSyncStore::LoadPoint(const UserId& user) {
  const auto deadline = redis_.DefaultDeadline();
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto sync, redis_.Call({"HMGET", OwnerKey(user, "sync"), "state", "begun", "ended", "problem"}, deadline));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto linked, redis_.Call({"HLEN", OwnerKey(user, "links")}, deadline));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto held, redis_.Call({"SCARD", OwnerKey(user, "held")}, deadline));
  const auto& fields = sync.array();
  if (fields.size() < 4) return absl::InternalError("HMGET answered too little");
  return SyncPoint{.sync_state = fields[0].text(),
                   .begun_us = Number(fields[1].text()),
                   .sync_time_us = Number(fields[2].text()),
                   .problem = fields[3].text(),
                   .linked = static_cast<int>(linked.integer()),
                   .held = static_cast<int>(held.integer())};
}

absl::StatusOr<std::vector<RedisReply>> RedisSyncStore::Fields(const std::string& key,
                                                               const std::vector<std::string>& fields) {
  std::vector<RedisReply> values;
  for (size_t at = 0; at < fields.size(); at += kFieldsPerCall) {
    std::vector<std::string> command = {"HMGET", key};
    const auto end = std::min(fields.size(), at + kFieldsPerCall);
    command.insert(command.end(), fields.begin() + static_cast<std::ptrdiff_t>(at),
                   fields.begin() + static_cast<std::ptrdiff_t>(end));
    CROSSPOINT_ASSIGN_OR_RETURN(auto reply, redis_.Call(std::move(command), redis_.DefaultDeadline()));
    std::ranges::move(reply.mutable_array(), std::back_inserter(values));
  }
  if (values.size() != fields.size()) return absl::InternalError("HMGET answered too little");
  return values;
}

absl::StatusOr<std::map<std::string, std::string>> RedisSyncStore::ContactsOf(const UserId& user,
                                                                              const std::vector<std::string>& items) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto found, Fields(OwnerKey(user, "source:exchange"), items));
  std::map<std::string, std::string> contacts;
  for (size_t i = 0; i < items.size(); ++i) {
    if (!found[i].is_nil()) contacts[items[i]] = found[i].text();
  }
  return contacts;
}

absl::StatusOr<std::map<std::string, std::string>> RedisSyncStore::AllItems(const UserId& user) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply,
                              redis_.Call({"HGETALL", OwnerKey(user, "source:exchange")}, redis_.DefaultDeadline()));
  std::map<std::string, std::string> contacts;
  const auto& fields = reply.array();
  for (size_t i = 0; i + 1 < fields.size(); i += 2) contacts[fields[i].text()] = fields[i + 1].text();
  return contacts;
}

absl::StatusOr<std::map<std::string, Linked>> RedisSyncStore::Load(const UserId& user,
                                                                   const std::vector<std::string>& contacts) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto facts, Fields(OwnerKey(user, "contacts"), contacts));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto stamps, Fields(OwnerKey(user, "stamps"), contacts));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto links, Fields(OwnerKey(user, "links"), contacts));
  std::map<std::string, Linked> loaded;
  for (size_t i = 0; i < contacts.size(); ++i) {
    Linked linked;
    if (!facts[i].is_nil() && !stamps[i].is_nil()) {
      Contact contact{.id = contacts[i]};
      CROSSPOINT_RETURN_IF_ERROR(DecodeStamp(stamps[i].text(), contact));
      CROSSPOINT_ASSIGN_OR_RETURN(contact.facts, DecodeFacts(facts[i].text()));
      const bool ours = contact.source == Source::kOwn || contact.source == Source::kExchange;
      if (ours) linked.contact = std::move(contact);
    }
    if (!links[i].is_nil()) {
      CROSSPOINT_ASSIGN_OR_RETURN(linked.link, DecodeLink(links[i].text()));
    }
    if (linked.contact || linked.link) loaded.emplace(contacts[i], std::move(linked));
  }
  return loaded;
}

absl::StatusOr<std::vector<std::string>> RedisSyncStore::Held(const UserId& user) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply,
                              redis_.Call({"SMEMBERS", OwnerKey(user, "held")}, redis_.DefaultDeadline()));
  std::vector<std::string> held;
  for (const auto& contact : reply.array()) held.push_back(contact.text());
  std::ranges::sort(held);
  return held;
}

absl::StatusOr<int64_t> RedisSyncStore::Now() {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, redis_.Call({"TIME"}, redis_.DefaultDeadline()));
  const auto& parts = reply.array();
  if (parts.size() < 2) return absl::InternalError("TIME answered too little");
  return Number(parts[0].text()) * 1'000'000 + Number(parts[1].text());
}

absl::Status RedisSyncStore::Commit(const UserId& user, const MailboxLease& lease, const SyncCommit& commit) {
  std::vector<std::string> args = {OwnerPrefix(user), std::to_string(kMaxContacts), ids_.NewId("e"), lease.token};
  args.emplace_back(commit.sync_state ? "1" : "0");
  args.push_back(commit.sync_state.value_or(""));
  args.push_back(std::to_string(commit.begun_us));
  args.push_back(std::to_string(commit.links.size()));
  for (const auto& [contact, link] : commit.links) {
    args.push_back(contact);
    args.push_back(EncodeLink(link));
  }
  AddList(commit.unlinked, args);
  AddList(commit.hold, args);
  AddList(commit.release, args);
  args.push_back(std::to_string(commit.tell.size()));
  for (const auto& contact : commit.tell) {
    for (auto& arg : TellMailboxArgs(user, contact)) args.push_back(std::move(arg));
  }
  AddWriteArgs(commit.writes, args);
  std::vector<std::string> keys = {OwnerKey(user, "meta"),  OwnerKey(user, "outbox"), OwnerKey(user, "lease"),
                                   OwnerKey(user, "links"), OwnerKey(user, "held"),   OwnerKey(user, "sync")};
  const auto deadline = redis_.DefaultDeadline();
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply,
                              commit.tell.empty()
                                  ? redis_.RunScriptDurable(CommitScript(), std::move(keys), std::move(args), deadline)
                                  : outbox_.RunScript(CommitScript(), std::move(keys), std::move(args), deadline));
  const auto refused = WriteRefusal(user, reply);
  if (absl::IsNotFound(refused)) return Refused(absl::StatusCode::kAborted, kEtagStale, MessageOf(refused));
  return refused;
}

absl::Status RedisSyncStore::NoteProblem(const UserId& user, const MailboxLease& lease, const std::string& problem) {
  return FencedNote(redis_, OwnerKey(user, "sync"), OwnerKey(user, "lease"), lease.token, "problem", problem);
}

absl::StatusOr<MailboxLease> RedisMailboxLeases::Acquire(const UserId& user) {
  // A name of its own each time: two readers of one process must not share it.
  CROSSPOINT_ASSIGN_OR_RETURN(const auto lease, leases_.Acquire(OwnerKey(user, "lease"), self_ + "/" + ids_.NewId(""),
                                                                ttl_, redis_.DefaultDeadline()));
  keeper_.Keep(lease, [](const Lease&) {});  // whoever lost it is told by the next commit
  return MailboxLease{lease.token};
}

void RedisMailboxLeases::Release(const UserId& user, const MailboxLease& lease) {
  // One that cannot be given back runs out by itself.
  static_cast<void>(
      keeper_.Release({.key = OwnerKey(user, "lease"), .token = lease.token, .ttl = ttl_}, redis_.DefaultDeadline()));
}

}  // namespace crosspoint::contact
