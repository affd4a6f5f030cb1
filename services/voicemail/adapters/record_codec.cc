#include "voicemail/adapters/record_codec.h"

#include <charconv>
#include <map>

namespace crosspoint::voicemail {
namespace {

using Fields = std::map<std::string, std::string>;

Fields FieldsOf(const RedisReply& reply) {
  Fields fields;
  const auto& list = reply.array();
  for (size_t i = 0; i + 1 < list.size(); i += 2) fields[list[i].text()] = list[i + 1].text();
  return fields;
}

std::string Get(const Fields& fields, const std::string& name) {
  const auto it = fields.find(name);
  return it == fields.end() ? std::string() : it->second;
}

TimePoint TimeFrom(std::string_view text) { return TimePoint{TimePoint::duration{NumberFrom(text)}}; }

std::optional<UserId> UserFrom(const std::string& name) {
  auto user = UserId::Parse(name);
  if (!user.ok()) return std::nullopt;
  return *std::move(user);
}

CopyPlace PlaceFrom(const std::string& text) {
  for (const auto place : {CopyPlace::kInbox, CopyPlace::kDeletedItems, CopyPlace::kElsewhere, CopyPlace::kGone}) {
    if (text == PlaceText(place)) return place;
  }
  return CopyPlace::kNone;
}

}  // namespace

std::string Micros(TimePoint time) { return std::to_string(time.time_since_epoch().count()); }

int64_t NumberFrom(std::string_view text) {
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string PlaceText(CopyPlace place) {
  switch (place) {
    case CopyPlace::kInbox:
      return "inbox";
    case CopyPlace::kDeletedItems:
      return "deleted";
    case CopyPlace::kElsewhere:
      return "elsewhere";
    case CopyPlace::kGone:
      return "gone";
    case CopyPlace::kNone:
      break;
  }
  return "";
}

std::string DeliveryText(DeliveryType type) {
  switch (type) {
    case DeliveryType::kSynced:
      return "synced";
    case DeliveryType::kNotify:
      return "notify";
    case DeliveryType::kNone:
      break;
  }
  return "none";
}

DeliveryType DeliveryFrom(std::string_view text) {
  if (text == "synced") return DeliveryType::kSynced;
  return text == "notify" ? DeliveryType::kNotify : DeliveryType::kNone;
}

std::string ChangeText(MessageChange change) {
  switch (change) {
    case MessageChange::kHeard:
      return "heard";
    case MessageChange::kNew:
      return "new";
    case MessageChange::kDelete:
      return "delete";
    case MessageChange::kUndelete:
      break;
  }
  return "undelete";
}

std::vector<std::string> MessageFields(const Voicemail& message) {
  return {"received",     Micros(message.receive_time),
          "number",       message.caller.number,
          "name",         message.caller.name,
          "caller",       message.caller.user ? message.caller.user->Name() : "",
          "state",        "new",
          "audio",        EncodeAudio(message.audio),
          "forwarded_by", message.forwarded_by ? message.forwarded_by->Name() : ""};
}

std::optional<Voicemail> ReadMessage(const std::string& id, const RedisReply& reply) {
  const auto fields = FieldsOf(reply);
  const auto audio = DecodeAudio(Get(fields, "audio"));
  if (!audio) return std::nullopt;
  Voicemail message;
  message.id.value = id;
  message.receive_time = TimeFrom(Get(fields, "received"));
  message.caller = {Get(fields, "number"), Get(fields, "name"), UserFrom(Get(fields, "caller"))};
  message.state = Get(fields, "state") == "heard" ? MessageState::kHeard : MessageState::kNew;
  message.audio = *audio;
  if (const auto deleted = Get(fields, "deleted"); !deleted.empty()) message.delete_time = TimeFrom(deleted);
  message.forwarded_by = UserFrom(Get(fields, "forwarded_by"));
  message.delivery = DeliveryFrom(Get(fields, "delivery"));
  message.revision = static_cast<uint64_t>(NumberFrom(Get(fields, "revision")));
  return message;
}

std::optional<CopyRecord> ReadCopy(const std::string& id, const RedisReply& reply) {
  const auto fields = FieldsOf(reply);
  if (fields.empty()) return std::nullopt;
  CopyRecord record;
  record.id.value = id;
  record.copy = {Get(fields, "item"), PlaceFrom(Get(fields, "place")), Get(fields, "read") == "1"};
  record.state = Get(fields, "state") == "heard" ? MessageState::kHeard : MessageState::kNew;
  record.deleted = !Get(fields, "deleted").empty();
  record.owes_read = Get(fields, "owes_read") == "1";
  record.owes_place = Get(fields, "owes_place") == "1";
  record.owed_since = static_cast<uint64_t>(NumberFrom(Get(fields, "owed")));
  return record;
}

std::string EncodeAudio(const Audio& audio) {
  return audio.sha256 + " " + std::to_string(audio.bytes) + " " + std::to_string(audio.length.count());
}

std::optional<Audio> DecodeAudio(std::string_view record) {
  const auto first = record.find(' ');
  const auto second = first == std::string_view::npos ? first : record.find(' ', first + 1);
  if (first != 64 || second == std::string_view::npos) return std::nullopt;
  return Audio{.sha256 = std::string(record.substr(0, first)),
               .bytes = NumberFrom(record.substr(first + 1, second - first - 1)),
               .length = std::chrono::milliseconds{NumberFrom(record.substr(second + 1))}};
}

std::string EncodeOrder(const UserId& user, const VoicemailId& id) { return VoicemailName{user, id}.Name(); }

std::optional<DeliveryOrder> DecodeOrder(std::string_view type, std::string_view payload) {
  auto name = VoicemailName::Parse(payload);
  if (!name.ok() || (type != kCopyType && type != kNotifyType)) return std::nullopt;
  return DeliveryOrder{.kind = type == kCopyType ? DeliveryOrder::Kind::kCopy : DeliveryOrder::Kind::kNotify,
                       .user = std::move(name->user),
                       .id = std::move(name->id)};
}

}  // namespace crosspoint::voicemail
