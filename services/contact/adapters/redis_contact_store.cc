#include "contact/adapters/redis_contact_store.h"

#include <unordered_set>
#include <utility>

#include "common/log/log.h"
#include "common/status/status.h"
#include "common/tracing/tracing.h"
#include "contact/adapters/contact_scripts.h"
#include "contact/adapters/keys.h"
#include "contact/adapters/record_codec.h"
#include "contact/app/reasons.h"

namespace crosspoint::contact {
namespace {

const char* KindName(ContactWrite::Kind kind) {
  switch (kind) {
    case ContactWrite::Kind::kUpsert:
      return "upsert";
    case ContactWrite::Kind::kRemove:
      return "remove";
    case ContactWrite::Kind::kCreate:
      return "create";
    case ContactWrite::Kind::kUpdate:
      return "update";
    case ContactWrite::Kind::kDelete:
      return "delete";
    case ContactWrite::Kind::kMove:
      return "move";
  }
  return "";
}

bool HasFacts(ContactWrite::Kind kind) {
  return kind == ContactWrite::Kind::kUpsert || kind == ContactWrite::Kind::kCreate ||
         kind == ContactWrite::Kind::kUpdate;
}

absl::StatusOr<int> Count(const RedisReply& reply) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto number, reply.AsInteger());
  return static_cast<int>(number);
}

absl::StatusOr<Contact> ReadContact(const std::vector<RedisReply>& fields) {
  if (fields.size() < 4) return absl::InternalError("contact_read_changes answered too little");
  Contact contact;
  contact.id = fields[0].text();
  if (fields[2].is_nil() || fields[3].is_nil()) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto revision, fields[1].AsInteger());
    contact.revision = static_cast<uint64_t>(revision);
    contact.deleted = true;
    return contact;
  }
  CROSSPOINT_RETURN_IF_ERROR(DecodeStamp(fields[3].text(), contact));
  CROSSPOINT_ASSIGN_OR_RETURN(contact.facts, DecodeFacts(fields[2].text()));
  return contact;
}

}  // namespace

std::vector<std::string> TellMailboxArgs(const UserId& owner, const std::string& contact) {
  return OutboxArgs({.type = contact.empty() ? "" : kTellMailboxType,
                     .id = contact,
                     .payload = owner.Name(),
                     .traceparent = tracing::FormatTraceparent(tracing::Current()),
                     .request_id = log::CurrentContext().request_id});
}

void AddWriteArgs(const std::vector<ContactWrite>& writes, std::vector<std::string>& args) {
  args.push_back(std::to_string(writes.size()));
  for (const auto& write : writes) {
    const bool by_id = write.kind == ContactWrite::Kind::kUpdate && write.source_id.empty();
    args.emplace_back(KindName(write.kind));
    args.push_back(write.id);
    args.emplace_back(by_id ? "" : SourceName(write.source));
    args.push_back(write.source_id);
    args.push_back(std::to_string(write.edition));
    args.push_back(HasFacts(write.kind) ? EncodeFacts(write.facts) : "");
  }
}

absl::Status WriteRefusal(const UserId& owner, const RedisReply& reply) {
  const auto& parts = reply.array();
  const auto word = parts.empty() ? "nothing" : parts[0].text();
  const auto detail = parts.size() > 1 ? parts[1].text() : "";
  if (word == "ok") return absl::OkStatus();
  if (word == "missing") return absl::NotFoundError(ContactId{owner, detail}.Name() + " does not exist");
  if (word == "request_reused") return RequestIdReused();
  if (word == "stale") {
    return Refused(absl::StatusCode::kAborted, kEtagStale, "etag: the contact has changed since; read it again");
  }
  if (word == "elsewhere") {
    return Refused(absl::StatusCode::kAborted, kUploadElsewhere,
                   "the upload went on in another stream; ask GetUpload where it stands");
  }
  if (word == "full") {
    return Refused(absl::StatusCode::kResourceExhausted, kTooManyContacts,
                   "a user has at most " + detail + " contacts; delete some");
  }
  return absl::InternalError("a script of contacts answered " + word);
}

std::vector<std::string> RedisContactStore::BeginArgs(const UserId& owner) {
  return {OwnerPrefix(owner), std::to_string(kMaxContacts), ids_.NewId("e")};
}

absl::StatusOr<WriteResult> RedisContactStore::Write(const UserId& owner, const WriteRequest& request,
                                                     Deadline deadline) {
  auto args = BeginArgs(owner);
  args.push_back(request.request_id.empty() ? "" : request.request_hash);
  args.push_back(request.tell_mailbox_of);
  for (auto& arg : TellMailboxArgs(owner, request.tell_mailbox_of)) args.push_back(std::move(arg));
  AddWriteArgs(request.writes, args);
  std::vector<std::string> keys = {OwnerKey(owner, "meta"), OwnerKey(owner, "outbox"),
                                   OwnerKey(owner, "request:" + request.request_id)};
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply,
                              request.tell_mailbox_of.empty()
                                  ? redis_.RunScriptDurable(kWriteContacts, std::move(keys), std::move(args), deadline)
                                  : outbox_.RunScript(kWriteContacts, std::move(keys), std::move(args), deadline));
  CROSSPOINT_RETURN_IF_ERROR(WriteRefusal(owner, reply));
  const auto& parts = reply.array();
  if (parts.size() < 6) return absl::InternalError("contact_write answered too little");
  WriteResult result;
  CROSSPOINT_ASSIGN_OR_RETURN(result.counts.created, Count(parts[1]));
  CROSSPOINT_ASSIGN_OR_RETURN(result.counts.updated, Count(parts[2]));
  CROSSPOINT_ASSIGN_OR_RETURN(result.counts.deleted, Count(parts[3]));
  CROSSPOINT_ASSIGN_OR_RETURN(result.counts.unchanged, Count(parts[4]));
  result.id = parts[5].text();
  return result;
}

absl::StatusOr<ContactChanges> RedisContactStore::ReadChanges(const UserId& owner, const std::string& epoch,
                                                              uint64_t revision, size_t limit, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, redis_.RunScript(kReadChanges, {OwnerKey(owner, "meta")},
                                                                 {OwnerPrefix(owner), epoch, std::to_string(revision),
                                                                  std::to_string(limit), ids_.NewId("e")},
                                                                 deadline));
  const auto& parts = reply.array();
  if (parts.size() < 4) return absl::InternalError("contact_read_changes answered too little");
  ContactChanges changes{.epoch = parts[0].text(),
                         .restart = parts[3].integer() == 1,
                         .floor = 0,
                         .contacts = {},
                         .complete = parts[2].integer() == 1};
  CROSSPOINT_ASSIGN_OR_RETURN(const auto floor, parts[1].AsInteger());
  changes.floor = static_cast<uint64_t>(floor);
  for (size_t i = 4; i < parts.size(); ++i) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto contact, ReadContact(parts[i].array()));
    changes.contacts.push_back(std::move(contact));
  }
  return changes;
}

absl::StatusOr<std::optional<Upload>> RedisContactStore::GetUpload(const UserId& owner, const std::string& upload_id,
                                                                   Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, redis_.Call({"HMGET", OwnerKey(owner, "upload:" + upload_id), "source",
                                                             "replace", "received", "digest", "complete", "created",
                                                             "updated", "deleted", "unchanged", "refused", "refusals"},
                                                            deadline));
  const auto& fields = reply.array();
  if (fields.size() < 11 || fields[0].is_nil()) return std::optional<Upload>();
  Upload upload{.id = upload_id, .replace_all = fields[1].text() == "1", .digest = fields[3].text()};
  upload.source = ParseSource(fields[0].text()).value_or(Source::kFile);
  upload.complete = fields[4].text() == "1";
  CROSSPOINT_ASSIGN_OR_RETURN(upload.received, fields[2].AsInteger());
  CROSSPOINT_ASSIGN_OR_RETURN(upload.counts.created, Count(fields[5]));
  CROSSPOINT_ASSIGN_OR_RETURN(upload.counts.updated, Count(fields[6]));
  CROSSPOINT_ASSIGN_OR_RETURN(upload.counts.deleted, Count(fields[7]));
  CROSSPOINT_ASSIGN_OR_RETURN(upload.counts.unchanged, Count(fields[8]));
  CROSSPOINT_ASSIGN_OR_RETURN(upload.refused, Count(fields[9]));
  upload.refusals = DecodeRefusals(fields[10].text());
  return std::optional<Upload>(std::move(upload));
}

absl::Status RedisContactStore::StepUpload(const UserId& owner, const UploadStep& step, Deadline deadline) {
  std::string refusals;
  if (!step.refusals.empty()) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto known, GetUpload(owner, step.upload_id, deadline));
    auto told = known ? known->refusals : std::vector<Refusal>();
    for (const auto& refusal : step.refusals) {
      if (told.size() < kMaxRefusals) told.push_back(refusal);
    }
    refusals = EncodeRefusals(told);
  }
  auto args = BeginArgs(owner);
  args.emplace_back(SourceName(step.source));
  args.emplace_back(step.replace_all ? "1" : "0");
  args.push_back(std::to_string(step.expected));
  args.push_back(std::to_string(step.received));
  args.push_back(step.digest);
  args.push_back(std::to_string(step.refusals.size()));
  args.push_back(std::move(refusals));
  args.emplace_back(step.complete ? "1" : "0");
  args.push_back(std::to_string(step.seen.size()));
  args.insert(args.end(), step.seen.begin(), step.seen.end());
  AddWriteArgs(step.writes, args);
  const auto upload = OwnerKey(owner, "upload:" + step.upload_id);
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply,
                              redis_.RunScriptDurable(kStepUpload, {OwnerKey(owner, "meta"), upload, upload + ":seen"},
                                                      std::move(args), deadline));
  return WriteRefusal(owner, reply);
}

absl::StatusOr<std::vector<std::string>> RedisContactStore::Unnamed(const UserId& owner, const std::string& upload_id,
                                                                    Source source, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto named,
                              redis_.Call({"SMEMBERS", OwnerKey(owner, "upload:" + upload_id + ":seen")}, deadline));
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto known, redis_.Call({"HKEYS", OwnerKey(owner, "source:" + std::string(SourceName(source)))}, deadline));
  std::unordered_set<std::string> seen;
  for (const auto& id : named.array()) seen.insert(id.text());
  std::vector<std::string> unnamed;
  for (const auto& id : known.array()) {
    if (!seen.contains(id.text())) unnamed.push_back(id.text());
  }
  return unnamed;
}

}  // namespace crosspoint::contact
