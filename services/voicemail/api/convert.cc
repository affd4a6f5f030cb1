#include "voicemail/api/convert.h"

#include <algorithm>
#include <charconv>

#include "common/status/status.h"

namespace crosspoint::voicemail {
namespace {

constexpr int kDefaultPage = 50;
constexpr int kLargestPage = 500;
constexpr std::string_view kSettings = "/deliverySettings";
constexpr std::string_view kGreetings = "/greetings/";
// Revisions are kept as floating-point numbers by Redis.
constexpr size_t kMaxDigits = 15;

void SetTime(TimePoint time, google::protobuf::Timestamp* to) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  to->set_seconds(seconds.time_since_epoch().count());
  to->set_nanos(static_cast<int32_t>(std::chrono::nanoseconds(time - seconds).count()));
}

void SetLength(std::chrono::milliseconds length, google::protobuf::Duration* to) {
  to->set_seconds(length.count() / 1000);
  to->set_nanos(static_cast<int32_t>(length.count() % 1000 * 1'000'000));
}

v1::DeliveryType ToProto(DeliveryType type) {
  switch (type) {
    case DeliveryType::kSynced:
      return v1::DELIVERY_TYPE_SYNCED;
    case DeliveryType::kNotify:
      return v1::DELIVERY_TYPE_NOTIFY;
    case DeliveryType::kNone:
      break;
  }
  return v1::DELIVERY_TYPE_NONE;
}

bool IsUuid(const std::string& text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) return false;
  }
  return true;
}

}  // namespace

v1::Voicemail ToProto(const UserId& owner, const Voicemail& message) {
  v1::Voicemail proto;
  proto.set_name(VoicemailName{owner, message.id}.Name());
  SetTime(message.receive_time, proto.mutable_receive_time());
  SetLength(message.audio.length, proto.mutable_length());
  proto.set_caller(message.caller.number);
  proto.set_caller_name(message.caller.name);
  if (message.caller.user) proto.set_caller_user(message.caller.user->Name());
  proto.set_state(message.state == MessageState::kNew ? v1::VOICEMAIL_STATE_NEW : v1::VOICEMAIL_STATE_HEARD);
  proto.set_sha256(message.audio.sha256);
  proto.set_audio_bytes(message.audio.bytes);
  if (message.delete_time) SetTime(*message.delete_time, proto.mutable_delete_time());
  if (message.forwarded_by) proto.set_forwarded_by(message.forwarded_by->Name());
  proto.set_delivery_type(ToProto(message.delivery));
  proto.set_etag(message.etag());
  return proto;
}

v1::MailboxSummary ToProto(const MailboxSummary& summary) {
  v1::MailboxSummary proto;
  proto.set_new_messages(summary.new_messages);
  proto.set_heard_messages(summary.heard_messages);
  proto.set_lamp(summary.lamp());
  return proto;
}

v1::DeliverySettings ToProto(const UserId& owner, const DeliverySettings& settings) {
  v1::DeliverySettings proto;
  proto.set_name(owner.Name() + std::string(kSettings));
  proto.set_delivery_type(ToProto(settings.type));
  proto.set_notify_address(settings.notify_address);
  proto.set_attach_audio(settings.attach_audio);
  proto.set_etag(std::to_string(settings.revision));
  return proto;
}

v1::Greeting ToProto(const UserId& owner, const Greeting& greeting) {
  v1::Greeting proto;
  proto.set_name(owner.Name() + std::string(kGreetings) + greeting.state);
  SetLength(greeting.audio.length, proto.mutable_length());
  return proto;
}

absl::StatusOr<DeliveryType> FromProto(v1::DeliveryType type) {
  switch (type) {
    case v1::DELIVERY_TYPE_NONE:
      return DeliveryType::kNone;
    case v1::DELIVERY_TYPE_SYNCED:
      return DeliveryType::kSynced;
    case v1::DELIVERY_TYPE_NOTIFY:
      return DeliveryType::kNotify;
    default:
      return InvalidField("settings.delivery_type", "NONE, SYNCED or NOTIFY");
  }
}

absl::StatusOr<UserId> ParseSettingsName(std::string_view name, std::string_view field) {
  if (name.ends_with(kSettings)) {
    if (auto user = UserId::Parse(name.substr(0, name.size() - kSettings.size()), field); user.ok()) return user;
  }
  return InvalidField(field, "must look like tenants/{tenant}/users/{user}/deliverySettings");
}

absl::StatusOr<GreetingName> ParseGreetingName(std::string_view name, std::string_view field) {
  const auto at = name.rfind(kGreetings);
  if (at != std::string_view::npos && IsValidSegment(name.substr(at + kGreetings.size()))) {
    if (auto user = UserId::Parse(name.substr(0, at), field); user.ok()) {
      return GreetingName{*std::move(user), std::string(name.substr(at + kGreetings.size()))};
    }
  }
  return InvalidField(field, "must look like tenants/{tenant}/users/{user}/greetings/{state}");
}

absl::StatusOr<std::string> ParseRequestId(const std::string& id, std::string_view field) {
  if (!id.empty() && !IsUuid(id)) return InvalidField(field, "a UUID, e.g. 4f1c1d0e-9f0b-4c52-8f8e-0a8f7c1d2e3f");
  std::string lower = id;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower;
}

absl::StatusOr<size_t> ParsePageSize(int asked) {
  if (asked < 0) return InvalidField("page_size", "0 to 500");
  return static_cast<size_t>(asked == 0 ? kDefaultPage : std::min(asked, kLargestPage));
}

absl::StatusOr<std::optional<MessageCursor>> ParsePageToken(const std::string& token) {
  if (token.empty()) return std::optional<MessageCursor>();
  MessageCursor cursor;
  const auto dot = token.find('.');
  const auto* end = token.data() + std::min(dot, token.size());
  const auto parsed = std::from_chars(token.data(), end, cursor.receive_time);
  if (dot == std::string::npos || parsed.ec != std::errc{} || parsed.ptr != end || cursor.receive_time < 0 ||
      !IsValidSegment(std::string_view(token).substr(dot + 1))) {
    return InvalidField("page_token", "next_page_token of the previous answer");
  }
  cursor.id = token.substr(dot + 1);
  return cursor;
}

std::string PageToken(const Voicemail& last) {
  return std::to_string(last.receive_time.time_since_epoch().count()) + "." + last.id.value;
}

absl::Status CheckEtag(const std::string& etag, std::string_view field) {
  return etag.empty() ? absl::OkStatus() : ParseRevision(etag, field).status();
}

absl::StatusOr<uint64_t> ParseRevision(const std::string& text, std::string_view field) {
  uint64_t revision = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, revision);
  if (text.empty() || text.size() > kMaxDigits || parsed.ec != std::errc{} || parsed.ptr != end) {
    return InvalidField(field, "as it was given by an earlier answer");
  }
  return revision;
}

}  // namespace crosspoint::voicemail
