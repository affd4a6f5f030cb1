#include "voicemail/adapters/redis_mailbox_store.h"

#include "common/log/log.h"
#include "common/status/status.h"
#include "common/tracing/tracing.h"
#include "voicemail/adapters/record_codec.h"
#include "voicemail/adapters/store_keys.h"
#include "voicemail/adapters/store_scripts.h"
#include "voicemail/app/reasons.h"

namespace crosspoint::voicemail {
namespace {

absl::Status Unreadable(const UserId& user, const std::string& id) {
  return absl::InternalError("unreadable voicemail " + VoicemailName{user, {id}}.Name());
}

absl::Status StaleEtag() {
  return Refused(absl::StatusCode::kAborted, "ETAG_STALE", "it was changed since it was read: read it again");
}

// {id, fields} pairs.
absl::StatusOr<std::vector<Voicemail>> ReadMessages(const UserId& user, const RedisReply& reply) {
  std::vector<Voicemail> messages;
  for (const auto& pair : reply.array()) {
    if (pair.array().size() != 2) return Unreadable(user, "?");
    auto message = ReadMessage(pair.array()[0].text(), pair.array()[1]);
    if (!message) return Unreadable(user, pair.array()[0].text());
    messages.push_back(*std::move(message));
  }
  return messages;
}

// {word, id, fields} of a script that says "ok" or "repeated".
absl::StatusOr<Voicemail> ReadAnswer(const UserId& user, const RedisReply& reply) {
  const auto& parts = reply.array();
  if (parts.size() != 3) return Unreadable(user, "?");
  auto message = ReadMessage(parts[1].text(), parts[2]);
  if (!message) return Unreadable(user, parts[1].text());
  return *std::move(message);
}

std::string Word(const RedisReply& reply) { return reply.array().empty() ? "" : reply.array()[0].text(); }

}  // namespace

void AppendEntry(const UserId& user, const VoicemailId& id, const char* type, std::vector<std::string>& args) {
  const OutboxEntry entry{.type = type,
                          .id = id.value,
                          .payload = EncodeOrder(user, id),
                          .traceparent = tracing::FormatTraceparent(tracing::Current()),
                          .request_id = log::CurrentContext().request_id};
  for (auto& arg : OutboxArgs(entry)) args.push_back(std::move(arg));
}

absl::StatusOr<AddedMessage> RedisMailboxStore::Add(const UserId& user, const NewMessage& add) {
  const auto& id = add.message.id;
  const auto request = add.request_id.empty() ? "-" : add.request_id;
  std::vector<std::string> args{id.value, add.request_id.empty() ? "" : add.fingerprint,
                                std::to_string(add.max_messages), MailboxKey(user, "message:")};
  AppendEntry(user, id, kCopyType, args);
  AppendEntry(user, id, kNotifyType, args);
  for (auto& field : MessageFields(add.message)) args.push_back(std::move(field));
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply, outbox_.RunScript(AddScript(), StoreKeys(user, id, {"request:" + request}), std::move(args),
                                          redis_.DefaultDeadline()));
  const auto word = Word(reply);
  if (word == "reused") return RequestIdReused();
  if (word == "full") {
    return Refused(absl::StatusCode::kResourceExhausted, "MAILBOX_FULL",
                   "the mailbox holds as many messages as it may: its owner has to delete some");
  }
  if (word == "repeated" && reply.array().size() == 3 && reply.array()[2].array().empty()) {
    return NotThere("the voicemail of this request has been deleted for good");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(auto message, ReadAnswer(user, reply));
  return AddedMessage{std::move(message), word == "repeated"};
}

absl::StatusOr<std::optional<Voicemail>> RedisMailboxStore::Get(const UserId& user, const VoicemailId& id) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply,
                              redis_.Call({"HGETALL", MessageKey(user, id)}, redis_.DefaultDeadline()));
  if (reply.array().empty()) return std::optional<Voicemail>();
  auto message = ReadMessage(id.value, reply);
  if (!message) return Unreadable(user, id.value);
  return message;
}

absl::StatusOr<std::vector<Voicemail>> RedisMailboxStore::List(const UserId& user, const MessageQuery& query) {
  std::vector<std::string> args{
      query.show_deleted ? "all" : "live", MailboxKey(user, "message:"), std::to_string(query.limit),
      query.after ? std::to_string(query.after->receive_time) : "+inf", query.after ? query.after->id : ""};
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply, redis_.RunScript(ListScript(), StoreKeys(user), std::move(args), redis_.DefaultDeadline()));
  return ReadMessages(user, reply);
}

absl::StatusOr<MailboxState> RedisMailboxStore::StateSince(const UserId& user, uint64_t revision) {
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply,
      redis_.RunScript(StateScript(), StoreKeys(user), {MailboxKey(user, "message:"), std::to_string(revision)},
                       redis_.DefaultDeadline()));
  const auto& parts = reply.array();
  if (parts.size() != 5) return Unreadable(user, "?");
  MailboxState state;
  state.revision = static_cast<uint64_t>(NumberFrom(parts[0].text()));
  state.forgotten = static_cast<uint64_t>(NumberFrom(parts[1].text()));
  state.summary.new_messages = static_cast<int>(parts[3].integer());
  state.summary.heard_messages = static_cast<int>(parts[2].integer() - parts[3].integer());
  CROSSPOINT_ASSIGN_OR_RETURN(state.messages, ReadMessages(user, parts[4]));
  return state;
}

absl::StatusOr<MailboxSummary> RedisMailboxStore::Summary(const UserId& user) {
  // A revision that nothing can be newer than: the counts alone.
  CROSSPOINT_ASSIGN_OR_RETURN(const auto state, StateSince(user, uint64_t{1} << 52));
  return state.summary;
}

absl::StatusOr<uint64_t> RedisMailboxStore::Revision(const UserId& user) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply,
                              redis_.Call({"HGET", MailboxKey(user, "meta"), "seq"}, redis_.DefaultDeadline()));
  return static_cast<uint64_t>(NumberFrom(reply.text()));
}

absl::StatusOr<Voicemail> RedisMailboxStore::Change(const UserId& user, const VoicemailId& id, MessageChange change,
                                                    const std::string& etag, TimePoint now) {
  std::vector<std::string> args{id.value, ChangeText(change), etag, Micros(now)};
  AppendEntry(user, id, kCopyType, args);
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, outbox_.RunScript(ChangeScript(), StoreKeys(user, id), std::move(args),
                                                                  redis_.DefaultDeadline()));
  const auto word = Word(reply);
  if (word == "gone") return NotThere("no such voicemail");
  if (word == "stale") return StaleEtag();
  if (word == "deleted") {
    return Refused(absl::StatusCode::kFailedPrecondition, "MESSAGE_DELETED",
                   "the voicemail is deleted: bring it back with UndeleteMessage first");
  }
  return ReadAnswer(user, reply);
}

absl::StatusOr<bool> RedisMailboxStore::Forget(const UserId& user, const VoicemailId& id, TimePoint deleted_before) {
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply, redis_.RunScriptDurable(ForgetScript(), StoreKeys(user, id), {id.value, Micros(deleted_before)},
                                                redis_.DefaultDeadline()));
  return reply.integer() == 1;
}

absl::StatusOr<DeliverySettings> RedisMailboxStore::GetSettings(const UserId& user) {
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply, redis_.Call({"HMGET", MailboxKey(user, "settings"), "type", "address", "attach", "revision"},
                                    redis_.DefaultDeadline()));
  const auto& values = reply.array();
  if (values.size() != 4) return absl::InternalError("unreadable delivery settings of " + user.Name());
  return DeliverySettings{.type = DeliveryFrom(values[0].text()),
                          .notify_address = values[1].text(),
                          .attach_audio = values[2].text() == "1",
                          .revision = static_cast<uint64_t>(NumberFrom(values[3].text()))};
}

absl::StatusOr<DeliverySettings> RedisMailboxStore::PutSettings(const UserId& user, const DeliverySettings& settings) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply,
                              redis_.RunScriptDurable(SettingsScript(), StoreKeys(user),
                                                      {std::to_string(settings.revision), DeliveryText(settings.type),
                                                       settings.notify_address, settings.attach_audio ? "1" : "0"},
                                                      redis_.DefaultDeadline()));
  if (Word(reply) != "ok") return StaleEtag();
  auto stored = settings;
  stored.revision = static_cast<uint64_t>(reply.array()[1].integer());
  return stored;
}

absl::StatusOr<std::vector<Greeting>> RedisMailboxStore::Greetings(const UserId& user) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply,
                              redis_.Call({"HGETALL", MailboxKey(user, "greetings")}, redis_.DefaultDeadline()));
  std::vector<Greeting> greetings;
  const auto& fields = reply.array();
  for (size_t i = 0; i + 1 < fields.size(); i += 2) {
    const auto audio = DecodeAudio(fields[i + 1].text());
    if (!audio) return absl::InternalError("unreadable greeting of " + user.Name());
    greetings.push_back({fields[i].text(), *audio});
  }
  return greetings;
}

absl::Status RedisMailboxStore::PutGreeting(const UserId& user, const Greeting& greeting) {
  return redis_
      .CallDurable({"HSET", MailboxKey(user, "greetings"), greeting.state, EncodeAudio(greeting.audio)},
                   redis_.DefaultDeadline())
      .status();
}

}  // namespace crosspoint::voicemail
