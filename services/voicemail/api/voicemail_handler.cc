#include "voicemail/api/voicemail_handler.h"

#include <algorithm>

#include "common/status/status.h"
#include "common/tracing/trace_context.h"
#include "voicemail/api/audio_download.h"
#include "voicemail/api/convert.h"
#include "voicemail/app/reasons.h"
#include "voicemail/domain/blob_key.h"

namespace crosspoint::voicemail {
namespace {

constexpr char kDone[] = "DONE";
// A command that nobody answers has expired by then.
constexpr std::chrono::seconds kCommandLimit{15};

absl::StatusOr<SettingsMask> MaskFrom(const google::protobuf::FieldMask& paths) {
  if (paths.paths().empty()) return SettingsMask{.type = true, .address = true, .attach = true};
  SettingsMask mask;
  for (const auto& path : paths.paths()) {
    if (path == "delivery_type") {
      mask.type = true;
    } else if (path == "notify_address") {
      mask.address = true;
    } else if (path == "attach_audio") {
      mask.attach = true;
    } else {
      return InvalidField("update_mask", "of delivery_type, notify_address, attach_audio");
    }
  }
  return mask;
}

}  // namespace

void VoicemailHandler::Bind(grpcx::Methods& methods) {
  methods.ClientStream("DepositMessage", this, &VoicemailHandler::DepositMessage);
  methods.ClientStream("ReplyToMessage", this, &VoicemailHandler::ReplyToMessage);
  methods.ClientStream("UploadGreeting", this, &VoicemailHandler::UploadGreeting);
  methods.ServerStream("StreamAudio", this, &VoicemailHandler::StreamAudio);
  methods.ServerStream("WatchMailbox", this, &VoicemailHandler::WatchMailbox);
  methods.Unary("ListMessages", this, &VoicemailHandler::ListMessages);
  methods.Unary("GetMessage", this, &VoicemailHandler::GetMessage);
  methods.Unary("UpdateMessage", this, &VoicemailHandler::UpdateMessage);
  methods.Unary("DeleteMessage", this, &VoicemailHandler::DeleteMessage);
  methods.Unary("UndeleteMessage", this, &VoicemailHandler::UndeleteMessage);
  methods.Waiting("ForwardMessage", this, &VoicemailHandler::ForwardMessage);
  methods.Waiting("PlayMessage", this, &VoicemailHandler::PlayMessage);
  methods.Waiting("CallBack", this, &VoicemailHandler::CallBack);
  methods.Unary("GetMailboxSummary", this, &VoicemailHandler::GetMailboxSummary);
  methods.Unary("GetDeliverySettings", this, &VoicemailHandler::GetDeliverySettings);
  methods.Unary("UpdateDeliverySettings", this, &VoicemailHandler::UpdateDeliverySettings);
  methods.Unary("ResolveBrake", this, &VoicemailHandler::ResolveBrake);
  methods.Unary("ListGreetings", this, &VoicemailHandler::ListGreetings);
}

// A user whom the directory has not told of yet may well be one: the mailbox is shown as it is.
absl::StatusOr<UserId> VoicemailHandler::ParseOwner(const std::string& name, std::string_view field) const {
  CROSSPOINT_ASSIGN_OR_RETURN(auto owner, UserId::Parse(name, field));
  if (const auto known = parts_.users.Find(owner); absl::IsNotFound(known.status())) return known.status();
  return owner;
}

void VoicemailHandler::DepositMessage(const grpcx::Call& /*call*/, std::shared_ptr<DepositStream> stream) {
  using Receiver = AudioReceiver<v1::DepositMessageRequest, v1::DepositHeader, v1::Voicemail>;
  auto bytes = std::make_shared<int64_t>(0);  // shared by the two that know of the deposit
  Receiver::Start(
      parts_.uploads, parts_.postbox.NewUpload(), std::move(stream),
      [this, bytes](const v1::DepositHeader& header) -> absl::StatusOr<Receiver::Keep> {
        CROSSPOINT_ASSIGN_OR_RETURN(const auto owner, UserId::Parse(header.parent(), "header.parent"));
        CROSSPOINT_ASSIGN_OR_RETURN(const auto request_id, ParseRequestId(header.request_id(), "header.request_id"));
        CROSSPOINT_ASSIGN_OR_RETURN(const auto facts,
                                    parts_.postbox.Admit(owner, header.caller(), header.caller_name(), request_id));
        return Receiver::Keep([this, facts, bytes](AudioUpload& upload) -> absl::StatusOr<v1::Voicemail> {
          CROSSPOINT_ASSIGN_OR_RETURN(const auto message, parts_.postbox.Deposit(facts, upload));
          *bytes = message.audio.bytes;
          return ToProto(facts.owner, message);
        });
      },
      [this, bytes](const absl::Status& status) { parts_.deposited(status, *bytes); });
}

void VoicemailHandler::ReplyToMessage(const grpcx::Call& /*call*/, std::shared_ptr<ReplyStream> stream) {
  using Receiver = AudioReceiver<v1::ReplyToMessageRequest, v1::ReplyHeader, v1::Voicemail>;
  Receiver::Start(
      parts_.uploads, parts_.postbox.NewUpload(), std::move(stream),
      [this](const v1::ReplyHeader& header) -> absl::StatusOr<Receiver::Keep> {
        CROSSPOINT_ASSIGN_OR_RETURN(const auto name, VoicemailName::Parse(header.name(), "header.name"));
        CROSSPOINT_ASSIGN_OR_RETURN(const auto request_id, ParseRequestId(header.request_id(), "header.request_id"));
        CROSSPOINT_ASSIGN_OR_RETURN(const auto facts, parts_.postbox.AdmitReply(name.user, name.id, request_id));
        return Receiver::Keep([this, facts](AudioUpload& upload) -> absl::StatusOr<v1::Voicemail> {
          CROSSPOINT_ASSIGN_OR_RETURN(const auto message, parts_.postbox.Deposit(facts, upload));
          return ToProto(facts.owner, message);
        });
      },
      [](const absl::Status& /*status*/) {});
}

void VoicemailHandler::UploadGreeting(const grpcx::Call& /*call*/, std::shared_ptr<GreetingStream> stream) {
  using Receiver = AudioReceiver<v1::UploadGreetingRequest, v1::GreetingHeader, v1::Greeting>;
  Receiver::Start(
      parts_.uploads, parts_.postbox.NewUpload(), std::move(stream),
      [this](const v1::GreetingHeader& header) -> absl::StatusOr<Receiver::Keep> {
        CROSSPOINT_ASSIGN_OR_RETURN(const auto name, ParseGreetingName(header.name(), "header.name"));
        return Receiver::Keep([this, name](AudioUpload& upload) -> absl::StatusOr<v1::Greeting> {
          CROSSPOINT_ASSIGN_OR_RETURN(const auto greeting, parts_.postbox.KeepGreeting(name.user, name.state, upload));
          return ToProto(name.user, greeting);
        });
      },
      [](const absl::Status& /*status*/) {});
}

void VoicemailHandler::StreamAudio(const v1::StreamAudioRequest& request, const grpcx::Call& /*call*/,
                                   std::shared_ptr<grpcx::ServerStream<v1::StreamAudioResponse>> stream) {
  const auto name = VoicemailName::Parse(request.name());
  if (!name.ok()) return stream->Finish(name.status());
  const auto message = parts_.postbox.Find(name->user, name->id);
  if (!message.ok()) return stream->Finish(message.status());
  if (request.offset() < 0 || request.offset() > message->audio.bytes) {
    return stream->Finish(InvalidField("offset", "0 to " + std::to_string(message->audio.bytes)));
  }
  auto blob = parts_.blobs.Open(MessageBlob(name->user, name->id));
  if (!blob.ok()) return stream->Finish(blob.status());
  AudioDownload::Start(*std::move(blob), request.offset(), std::move(stream));
}

void VoicemailHandler::WatchMailbox(const v1::WatchMailboxRequest& request, const grpcx::Call& /*call*/,
                                    std::shared_ptr<MailboxWatch::Stream> stream) {
  const auto owner = ParseOwner(request.parent(), "parent");
  if (!owner.ok()) return stream->Finish(owner.status());
  std::optional<uint64_t> resume;
  if (!request.resume_token().empty()) {
    const auto revision = ParseRevision(request.resume_token(), "resume_token");
    if (!revision.ok()) return stream->Finish(revision.status());
    resume = *revision;
  }
  MailboxWatch::Start({parts_.store, parts_.watches, parts_.uploads.tasks}, *owner, resume, std::move(stream));
}

absl::Status VoicemailHandler::ListMessages(const v1::ListMessagesRequest& request, const grpcx::Call& /*call*/,
                                            v1::ListMessagesResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto owner, ParseOwner(request.parent(), "parent"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto size, ParsePageSize(request.page_size()));
  MessageQuery query{.limit = size + 1, .after = std::nullopt, .show_deleted = request.show_deleted()};
  CROSSPOINT_ASSIGN_OR_RETURN(query.after, ParsePageToken(request.page_token()));
  CROSSPOINT_ASSIGN_OR_RETURN(auto messages, parts_.store.List(owner, query));
  if (messages.size() > size) {
    messages.resize(size);
    response.set_next_page_token(PageToken(messages.back()));
  }
  const auto now = parts_.clock.Now();
  for (const auto& message : messages) {
    if (!message.ExpiredAt(now)) *response.add_messages() = ToProto(owner, message);
  }
  return absl::OkStatus();
}

absl::Status VoicemailHandler::GetMessage(const v1::GetMessageRequest& request, const grpcx::Call& /*call*/,
                                          v1::Voicemail& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto name, VoicemailName::Parse(request.name()));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto message, parts_.postbox.Find(name.user, name.id));
  response = ToProto(name.user, message);
  return absl::OkStatus();
}

absl::StatusOr<Voicemail> VoicemailHandler::Change(const VoicemailName& name, MessageChange change,
                                                   const std::string& etag) {
  // What is past bringing back is gone, also before the sweeper has been there.
  CROSSPOINT_RETURN_IF_ERROR(parts_.postbox.Find(name.user, name.id).status());
  auto message = parts_.store.Change(name.user, name.id, change, etag, parts_.clock.Now());
  if (message.ok()) parts_.watches.Changed(name.user);
  return message;
}

absl::Status VoicemailHandler::UpdateMessage(const v1::UpdateMessageRequest& request, const grpcx::Call& /*call*/,
                                             v1::Voicemail& response) {
  const auto& wanted = request.message();
  CROSSPOINT_ASSIGN_OR_RETURN(const auto name, VoicemailName::Parse(wanted.name(), "message.name"));
  const auto& paths = request.update_mask().paths();
  if (!std::all_of(paths.begin(), paths.end(), [](const auto& path) { return path == "state"; })) {
    return InvalidField("update_mask", "empty or state: nothing else can change");
  }
  if (wanted.state() != v1::VOICEMAIL_STATE_NEW && wanted.state() != v1::VOICEMAIL_STATE_HEARD) {
    return InvalidField("message.state", "NEW or HEARD");
  }
  CROSSPOINT_RETURN_IF_ERROR(CheckEtag(wanted.etag(), "message.etag"));
  const auto change = wanted.state() == v1::VOICEMAIL_STATE_HEARD ? MessageChange::kHeard : MessageChange::kNew;
  CROSSPOINT_ASSIGN_OR_RETURN(const auto message, Change(name, change, wanted.etag()));
  response = ToProto(name.user, message);
  return absl::OkStatus();
}

absl::Status VoicemailHandler::DeleteMessage(const v1::DeleteMessageRequest& request, const grpcx::Call& /*call*/,
                                             v1::Voicemail& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto name, VoicemailName::Parse(request.name()));
  CROSSPOINT_RETURN_IF_ERROR(CheckEtag(request.etag(), "etag"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto message, Change(name, MessageChange::kDelete, request.etag()));
  response = ToProto(name.user, message);
  return absl::OkStatus();
}

absl::Status VoicemailHandler::UndeleteMessage(const v1::UndeleteMessageRequest& request, const grpcx::Call& /*call*/,
                                               v1::Voicemail& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto name, VoicemailName::Parse(request.name()));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto message, Change(name, MessageChange::kUndelete, ""));
  response = ToProto(name.user, message);
  return absl::OkStatus();
}

absl::Status VoicemailHandler::ForwardMessage(const v1::ForwardMessageRequest& request, const grpcx::Call& /*call*/,
                                              v1::Voicemail& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto name, VoicemailName::Parse(request.name()));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto to, UserId::Parse(request.to_user(), "to_user"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto request_id, ParseRequestId(request.request_id(), "request_id"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto message, parts_.postbox.Forward(name.user, name.id, to, request_id));
  response = ToProto(to, message);
  return absl::OkStatus();
}

absl::StatusOr<CommandResult> VoicemailHandler::Command(const VoicemailName& name, const Voicemail& message,
                                                        CommandKind kind, const std::string& device,
                                                        const std::string& request_id, const grpcx::Call& call) {
  if (!parts_.devices.configured()) {
    return Refused(absl::StatusCode::kFailedPrecondition, "NO_GATEWAY",
                   "devices cannot be reached: the operator has to configure gateway.target");
  }
  const auto target = kind == CommandKind::kPlay ? name.Name() : message.caller.number;
  const auto limit = std::chrono::steady_clock::now() + kCommandLimit;
  return parts_.devices.Dispatch(name.user, kind, target, device,
                                 request_id.empty() ? tracing::NewRequestId() : request_id,
                                 std::min(limit, call.steady_deadline));
}

absl::Status VoicemailHandler::PlayMessage(const v1::PlayMessageRequest& request, const grpcx::Call& call,
                                           v1::PlayMessageResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto name, VoicemailName::Parse(request.name()));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto request_id, ParseRequestId(request.request_id(), "request_id"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto message, parts_.postbox.Find(name.user, name.id));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto result,
                              Command(name, message, CommandKind::kPlay, request.device(), request_id, call));
  if (result.outcome == kDone && !message.delete_time) {
    CROSSPOINT_RETURN_IF_ERROR(Change(name, MessageChange::kHeard, "").status());
  }
  response.set_outcome(result.outcome);
  response.set_detail(result.detail);
  return absl::OkStatus();
}

absl::Status VoicemailHandler::CallBack(const v1::CallBackRequest& request, const grpcx::Call& call,
                                        v1::CallBackResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto name, VoicemailName::Parse(request.name()));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto request_id, ParseRequestId(request.request_id(), "request_id"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto message, parts_.postbox.Find(name.user, name.id));
  if (message.caller.number.empty()) {
    return Refused(absl::StatusCode::kFailedPrecondition, "CALLER_WITHHELD", "the caller withheld the number");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto result,
                              Command(name, message, CommandKind::kCall, request.device(), request_id, call));
  response.set_outcome(result.outcome);
  response.set_detail(result.detail);
  return absl::OkStatus();
}

absl::Status VoicemailHandler::GetMailboxSummary(const v1::GetMailboxSummaryRequest& request,
                                                 const grpcx::Call& /*call*/, v1::MailboxSummary& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto owner, ParseOwner(request.parent(), "parent"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto summary, parts_.store.Summary(owner));
  response = ToProto(summary);
  return absl::OkStatus();
}

absl::Status VoicemailHandler::GetDeliverySettings(const v1::GetDeliverySettingsRequest& request,
                                                   const grpcx::Call& /*call*/, v1::DeliverySettings& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto owner, ParseSettingsName(request.name(), "name"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto settings, parts_.settings.Get(owner));
  response = ToProto(owner, settings);
  return absl::OkStatus();
}

absl::Status VoicemailHandler::UpdateDeliverySettings(const v1::UpdateDeliverySettingsRequest& request,
                                                      const grpcx::Call& /*call*/, v1::DeliverySettings& response) {
  const auto& proto = request.settings();
  CROSSPOINT_ASSIGN_OR_RETURN(const auto owner, ParseSettingsName(proto.name(), "settings.name"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto mask, MaskFrom(request.update_mask()));
  DeliverySettings wanted{.notify_address = proto.notify_address(), .attach_audio = proto.attach_audio()};
  if (mask.type) {
    CROSSPOINT_ASSIGN_OR_RETURN(wanted.type, FromProto(proto.delivery_type()));
  }
  if (!proto.etag().empty()) {
    CROSSPOINT_ASSIGN_OR_RETURN(wanted.revision, ParseRevision(proto.etag(), "settings.etag"));
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto settings, parts_.settings.Update(owner, wanted, mask));
  response = ToProto(owner, settings);
  return absl::OkStatus();
}

absl::Status VoicemailHandler::ResolveBrake(const v1::ResolveBrakeRequest& request, const grpcx::Call& /*call*/,
                                            v1::ResolveBrakeResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto owner, ParseOwner(request.parent(), "parent"));
  if (request.decision() != v1::BRAKE_DECISION_DELETE && request.decision() != v1::BRAKE_DECISION_KEEP) {
    return InvalidField("decision", "DELETE or KEEP");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const int stopped,
                              parts_.copies.ResolveBrake(owner, request.decision() == v1::BRAKE_DECISION_KEEP));
  if (stopped == 0) {
    return Refused(absl::StatusCode::kFailedPrecondition, "BRAKE_NOT_ON", "no deletions of this mailbox are stopped");
  }
  parts_.look(owner);
  response.set_stopped_deletions(stopped);
  return absl::OkStatus();
}

absl::Status VoicemailHandler::ListGreetings(const v1::ListGreetingsRequest& request, const grpcx::Call& /*call*/,
                                             v1::ListGreetingsResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto owner, ParseOwner(request.parent(), "parent"));
  CROSSPOINT_ASSIGN_OR_RETURN(auto greetings, parts_.store.Greetings(owner));
  std::sort(greetings.begin(), greetings.end(), [](const auto& a, const auto& b) { return a.state < b.state; });
  for (const auto& greeting : greetings) *response.add_greetings() = ToProto(owner, greeting);
  return absl::OkStatus();
}

}  // namespace crosspoint::voicemail
