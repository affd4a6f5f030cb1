#include "voicemail/adapters/redis_copy_store.h"

#include "common/status/status.h"
#include "voicemail/adapters/record_codec.h"
#include "voicemail/adapters/redis_mailbox_store.h"
#include "voicemail/adapters/store_keys.h"
#include "voicemail/adapters/store_scripts.h"

namespace crosspoint::voicemail {

absl::StatusOr<std::optional<CopyRecord>> RedisCopyStore::GetCopy(const UserId& user, const VoicemailId& id) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply,
                              redis_.Call({"HGETALL", MessageKey(user, id)}, redis_.DefaultDeadline()));
  return ReadCopy(id.value, reply);
}

absl::StatusOr<std::vector<CopyRecord>> RedisCopyStore::Copies(const UserId& user) {
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply,
      redis_.RunScript(CopiesScript(), StoreKeys(user), {MailboxKey(user, "message:")}, redis_.DefaultDeadline()));
  std::vector<CopyRecord> records;
  for (const auto& pair : reply.array()) {
    if (pair.array().size() != 2) continue;
    if (auto record = ReadCopy(pair.array()[0].text(), pair.array()[1])) records.push_back(*std::move(record));
  }
  return records;
}

absl::StatusOr<bool> RedisCopyStore::HasCopies(const UserId& user) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply,
                              redis_.Call({"EXISTS", MailboxKey(user, "copies")}, redis_.DefaultDeadline()));
  return reply.integer() == 1;
}

absl::Status RedisCopyStore::CopyWritten(const UserId& user, const CopyRecord& seen, const CopyState& copy) {
  return redis_
      .RunScriptDurable(WrittenScript(), StoreKeys(user, seen.id),
                        {std::to_string(seen.owed_since), copy.item, PlaceText(copy.place), copy.read ? "1" : "0"},
                        redis_.DefaultDeadline())
      .status();
}

absl::StatusOr<CopyLease> RedisCopyStore::AcquireLease(const UserId& user) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto lease,
                              leases_.Acquire(MailboxKey(user, "lease"), holder_, lease_, redis_.DefaultDeadline()));
  // Should it be lost, the scripts refuse what is written under it.
  keeper_.Keep(lease, [](const Lease&) {});
  return CopyLease{lease.token};
}

void RedisCopyStore::ReleaseLease(const UserId& user, const CopyLease& lease) {
  Lease held;
  held.key = MailboxKey(user, "lease");
  held.holder = holder_;
  held.token = lease.token;
  // Should it fail, the lease runs out by itself.
  keeper_.Release(held, redis_.DefaultDeadline()).IgnoreError();
}

absl::StatusOr<CopySyncPoint> RedisCopyStore::LoadPoint(const UserId& user) {
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply, redis_.Call({"HMGET", MailboxKey(user, "sync"), "inbox", "deleted", "stopped", "released"},
                                    redis_.DefaultDeadline()));
  const auto& values = reply.array();
  if (values.size() != 4) return absl::InternalError("unreadable place of " + user.Name());
  return CopySyncPoint{.inbox_state = values[0].text(),
                       .deleted_state = values[1].text(),
                       .stopped_deletions = static_cast<int>(NumberFrom(values[2].text())),
                       .brake_released = values[3].text() == "1"};
}

absl::Status RedisCopyStore::SavePoint(const UserId& user, const CopyLease& lease, const CopySyncPoint& point) {
  return redis_
      .RunScriptDurable(PointScript(), StoreKeys(user, {"-"}, {"sync", "lease"}),
                        {lease.token, point.inbox_state, point.deleted_state, std::to_string(point.stopped_deletions),
                         point.release_used ? "1" : "0"},
                        redis_.DefaultDeadline())
      .status();
}

absl::StatusOr<Applied> RedisCopyStore::Apply(const UserId& user, const CopyLease& lease, uint64_t began,
                                              const Observation& seen, TimePoint now) {
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply, redis_.RunScriptDurable(ApplyScript(), StoreKeys(user, seen.id, {"sync", "lease"}),
                                                {lease.token, seen.id.value, std::to_string(began), seen.copy.item,
                                                 PlaceText(seen.copy.place), seen.copy.read ? "1" : "0", Micros(now)},
                                                redis_.DefaultDeadline()));
  if (reply.text() == "gone") return Applied::kGone;
  return reply.text() == "touched" ? Applied::kTouched : Applied::kDone;
}

absl::StatusOr<uint64_t> RedisCopyStore::Counter(const UserId& user) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply,
                              redis_.Call({"HGET", MailboxKey(user, "meta"), "seq"}, redis_.DefaultDeadline()));
  return static_cast<uint64_t>(NumberFrom(reply.text()));
}

absl::StatusOr<int> RedisCopyStore::ResolveBrake(const UserId& user, bool keep) {
  const auto keys = StoreKeys(user, {"-"}, {"sync"});
  const auto deadline = redis_.DefaultDeadline();
  if (!keep) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, redis_.RunScriptDurable(ReleaseScript(), keys, {}, deadline));
    return static_cast<int>(NumberFrom(reply.text()));
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto records, Copies(user));
  std::vector<std::string> args{MailboxKey(user, "message:")};
  for (const auto& record : records) {
    if (record.deleted) continue;
    args.push_back(record.id.value);
    AppendEntry(user, record.id, kCopyType, args);
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, outbox_.RunScript(KeepScript(), keys, std::move(args), deadline));
  return static_cast<int>(NumberFrom(reply.text()));
}

}  // namespace crosspoint::voicemail
