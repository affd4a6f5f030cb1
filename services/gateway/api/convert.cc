#include "gateway/api/convert.h"

#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <utility>

#include "common/ids/digest.h"
#include "common/status/status.h"
#include "common/tracing/trace_context.h"

namespace crosspoint::gateway {
namespace {

constexpr size_t kMaxVersionBytes = 64;
constexpr size_t kMaxDetailBytes = 1'000;
constexpr size_t kMaxTokenBytes = 256;

absl::Status RoleRequired(const char* message) {
  return ErrorWithInfo(absl::StatusCode::kPermissionDenied, message,
                       {.reason = "ROLE_REQUIRED", .domain = "crosspoint", .metadata = {}});
}

void SetTime(TimePoint time, google::protobuf::Timestamp& out) {
  const auto micros = time.time_since_epoch().count();
  out.set_seconds(micros / 1'000'000);
  out.set_nanos(static_cast<int32_t>(micros % 1'000'000 * 1000));
}

absl::StatusOr<Subscription> FromProto(const v1::Subscribe& subscribe) {
  const auto channel = ChannelOf(subscribe.channel());
  if (!channel) return InvalidField("subscribe.channel", "must be one of the channels");
  Subscription subscription{*channel,
                            {subscribe.add_users().begin(), subscribe.add_users().end()},
                            {subscribe.remove_users().begin(), subscribe.remove_users().end()},
                            subscribe.resume_token(),
                            std::nullopt};
  if (subscribe.as() == v1::CLIENT_ROLE_UNSPECIFIED) return subscription;
  if (subscribe.as() != v1::CLIENT_ROLE_OUTLOOK_PRESENCE) {
    return InvalidField("subscribe.as", "must be CLIENT_ROLE_OUTLOOK_PRESENCE or left out");
  }
  subscription.as = ClientRole::kOutlookPresence;
  return subscription;
}

void ToProto(const Command& command, v1::Command& out) {
  out.set_command_id(command.id);
  out.set_kind(static_cast<v1::CommandKind>(command.kind));
  out.set_target(command.target);
  SetTime(command.expires, *out.mutable_expire_time());
}

void ToProto(const ChannelEnded& ended, v1::ChannelEnd& out) {
  out.set_channel(static_cast<v1::Channel>(ended.channel));
  out.set_code(static_cast<int32_t>(ended.why.code()));
  if (const auto info = GetErrorInfo(ended.why)) out.set_reason(info->reason);
  out.set_message(MessageOf(ended.why));
}

void ToProto(const WelcomeEvent& welcome, v1::Welcome& out) {
  out.set_session(welcome.session);
  out.mutable_lease()->set_seconds(welcome.lease.count() / 1000);
  out.mutable_lease()->set_nanos(static_cast<int32_t>(welcome.lease.count() % 1000 * 1'000'000));
  out.set_resume_token(welcome.resume_token);
  out.set_resumed(welcome.resumed);
}

}  // namespace

absl::StatusOr<UserId> OwnerOf(const grpcx::Call& call) {
  const auto& principal = *call.principal;
  if (principal.tenant().value.empty()) return RoleRequired("programs belong to a tenant; the token names none");
  if (!principal.user.value.empty()) return principal.user;
  return UserId{principal.tenant(), "_" + Sha256Hex(principal.subject).substr(0, 32)};
}

absl::StatusOr<Caller> CallerOf(const grpcx::Call& call) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto owner, OwnerOf(call));
  return Caller{std::move(owner), call.propagation.token, call.request_id(),
                tracing::FormatTraceparent(call.propagation.trace)};
}

absl::StatusOr<HelloWish> FromProto(const v1::Hello& hello, const grpcx::Call& call) {
  const auto program = ProgramOf(hello.program());
  if (!program) return InvalidField("hello.program", "must be one of the kinds of programs");
  const bool pbx = *program == ProgramKind::kPbx;
  if (!call.principal->roles.Has(pbx ? grpcx::Role::kIntegrator : grpcx::Role::kUser)) {
    return RoleRequired(pbx ? "a PBX needs the role integrator" : "a program of a user needs the role user");
  }
  if (!IsValidDevice(hello.device())) return InvalidField("hello.device", "must be 1 to 64 of A-Z a-z 0-9 . _ : -");
  if (hello.version().size() > kMaxVersionBytes) return InvalidField("hello.version", "must be at most 64 bytes");
  if (hello.resume_token().size() > kMaxTokenBytes) {
    return InvalidField("hello.resume_token", "must be a resume_token of a welcome");
  }
  HelloWish wish{*program, hello.device(), hello.version(), {}, hello.resume_token(), {}};
  for (const int number : hello.channels()) {
    const auto channel = ChannelOf(number);
    if (!channel) return InvalidField("hello.channels", "must be of the channels");
    if (std::find(wish.channels.begin(), wish.channels.end(), *channel) != wish.channels.end()) continue;
    wish.channels.push_back(*channel);
  }
  for (const auto& subscribe : hello.subscriptions()) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto subscription, FromProto(subscribe));
    wish.subscriptions.push_back(std::move(subscription));
  }
  return wish;
}

absl::StatusOr<ProgramMessage> FromProto(const v1::SessionMessage& message) {
  switch (message.message_case()) {
    case v1::SessionMessage::kAcknowledge:
      return AcknowledgeMessage{message.acknowledge()};
    case v1::SessionMessage::kHeartbeat:
      return HeartbeatMessage{};
    case v1::SessionMessage::kClose:
      return CloseMessage{};
    case v1::SessionMessage::kSubscribe:
      return FromProto(message.subscribe());
    case v1::SessionMessage::kOutcome: {
      const auto& outcome = message.outcome();
      if (outcome.outcome() < v1::OUTCOME_DONE || outcome.outcome() > v1::OUTCOME_FAILED) {
        return InvalidField("outcome.outcome", "must be DONE, REFUSED or FAILED");
      }
      if (outcome.detail().size() > kMaxDetailBytes) {
        return InvalidField("outcome.detail", "must be at most 1,000 bytes");
      }
      if (outcome.command_id().empty() || outcome.command_id().size() > kMaxTokenBytes) {
        return InvalidField("outcome.command_id", "must be that of a command");
      }
      return OutcomeMessage{outcome.command_id(), {static_cast<Outcome>(outcome.outcome()), outcome.detail()}};
    }
    case v1::SessionMessage::kHello:
      return InvalidField("message", "must be no second hello");
    default:
      return InvalidField("message", "must be set");
  }
}

absl::StatusOr<ClientRole> FromProto(v1::ClientRole role) {
  const auto known = RoleOf(role);
  if (!known) return InvalidField("role", "must be one of the roles");
  return *known;
}

void ToProto(int64_t number, const Event& event, v1::SessionEvent& out) {
  out.set_number(number);
  if (const auto* welcome = std::get_if<WelcomeEvent>(&event)) {
    ToProto(*welcome, *out.mutable_welcome());
  } else if (const auto* command = std::get_if<Command>(&event)) {
    ToProto(*command, *out.mutable_command());
  } else if (const auto* told = std::get_if<ChannelTold>(&event)) {
    auto& channel = *out.mutable_channel_event();
    channel.set_channel(static_cast<v1::Channel>(told->channel));
    channel.set_payload(told->payload);
    channel.set_gap(told->gap);
  } else if (const auto* ended = std::get_if<ChannelEnded>(&event)) {
    ToProto(*ended, *out.mutable_channel_end());
  } else {
    out.set_heartbeat(true);
  }
}

void ToProto(const SessionRecord& record, v1::Session& out) {
  out.set_session(record.id);
  if (!record.owner.value.starts_with('_')) out.set_user(record.owner.Name());
  out.set_program(static_cast<v1::ProgramKind>(record.program));
  out.set_device(record.device);
  out.set_version(record.version);
  for (const Channel channel : record.channels) out.add_channels(static_cast<v1::Channel>(channel));
  SetTime(record.connected, *out.mutable_connect_time());
  SetTime(record.expires, *out.mutable_expire_time());
}

void ToProto(const RoleGrant& grant, v1::RoleLease& out) {
  out.set_role(static_cast<v1::ClientRole>(grant.role));
  out.set_device(grant.device);
  out.set_fencing_token(grant.fencing_token);
  SetTime(grant.expires, *out.mutable_expire_time());
}

}  // namespace crosspoint::gateway
