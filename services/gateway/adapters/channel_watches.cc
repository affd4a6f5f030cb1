#include "gateway/adapters/channel_watches.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include <utility>

#include "common/grpcx/raw_stream.h"
#include "common/grpcx/status.h"
#include "common/status/status.h"
#include "crosspoint/contact/v1/contact_service.pb.h"
#include "crosspoint/directory/v1/connector_service.pb.h"
#include "crosspoint/meeting_sync/v1/meeting_service.pb.h"
#include "crosspoint/presence/v1/presence_service.pb.h"
#include "crosspoint/voicemail/v1/voicemail_service.pb.h"

namespace crosspoint::gateway {
namespace {

using google::protobuf::Message;

constexpr size_t kNamesPerMessage = 1'000;

// The watch method behind a channel.
struct Method {
  const char* backend;
  const char* path;
  const Message* answer;  // default instance
};

Method MethodOf(Channel channel) {
  switch (channel) {
    case Channel::kPresence:
      return {"presence", "/crosspoint.presence.v1.PresenceService/WatchPresence",
              &presence::v1::WatchPresenceResponse::default_instance()};
    case Channel::kMeetings:
      return {"meeting-sync", "/crosspoint.meeting_sync.v1.MeetingService/WatchMeetings",
              &meeting_sync::v1::WatchMeetingsResponse::default_instance()};
    case Channel::kVoicemail:
      return {"voicemail", "/crosspoint.voicemail.v1.VoicemailService/WatchMailbox",
              &voicemail::v1::WatchMailboxResponse::default_instance()};
    case Channel::kContacts:
      return {"contact", "/crosspoint.contact.v1.ContactService/WatchContacts",
              &contact::v1::WatchContactsResponse::default_instance()};
    default:
      return {"directory", "/crosspoint.directory.v1.ConnectorService/WatchClientConfig",
              &directory::v1::ClientConfig::default_instance()};
  }
}

grpc::ByteBuffer ToBuffer(const Message& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return {&slice, 1};
}

std::string ToText(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  (void)buffer.Dump(&slices);
  std::string text;
  for (const auto& slice : slices) text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return text;
}

grpc::ByteBuffer Names(const std::vector<std::string>& add, size_t from, const std::vector<std::string>& remove,
                       const std::string& resume_token) {
  presence::v1::WatchPresenceRequest request;
  for (size_t i = from; i < add.size() && i < from + kNamesPerMessage; ++i) request.add_add_users(add[i]);
  for (const auto& name : remove) request.add_remove_users(name);
  request.set_resume_token(resume_token);
  return ToBuffer(request);
}

template <class Request>
grpc::ByteBuffer OfUser(const UserId& user, const std::string& resume_token) {
  Request request;
  request.set_parent(user.Name());
  request.set_resume_token(resume_token);
  return ToBuffer(request);
}

grpc::ByteBuffer FirstRequest(Channel channel, const Caller& caller, const std::vector<std::string>& names,
                              const std::string& resume_token) {
  switch (channel) {
    case Channel::kPresence:
      return Names(names, 0, {}, resume_token);
    case Channel::kMeetings:
      return OfUser<meeting_sync::v1::WatchMeetingsRequest>(caller.owner, resume_token);
    case Channel::kVoicemail:
      return OfUser<voicemail::v1::WatchMailboxRequest>(caller.owner, resume_token);
    case Channel::kContacts:
      return OfUser<contact::v1::WatchContactsRequest>(caller.owner, resume_token);
    default: {
      directory::v1::WatchClientConfigRequest request;
      request.set_parent(caller.owner.tenant.Name());
      return ToBuffer(request);
    }
  }
}

// All watch answers have these fields by the same names, or none.
ChannelPayload ReadPayload(const Message& prototype, const grpc::ByteBuffer& buffer) {
  ChannelPayload payload{ToText(buffer), "", false};
  const std::unique_ptr<Message> answer(prototype.New());
  if (!answer->ParseFromString(payload.bytes)) return payload;
  const auto* const type = answer->GetDescriptor();
  if (const auto* token = type->FindFieldByName("resume_token")) {
    payload.resume_token = answer->GetReflection()->GetString(*answer, token);
  }
  if (const auto* gap = type->FindFieldByName("gap")) payload.gap = answer->GetReflection()->GetBool(*answer, gap);
  return payload;
}

class GrpcWatch final : public ChannelWatch {
 public:
  explicit GrpcWatch(std::shared_ptr<grpcx::RawStream> stream) : stream_(std::move(stream)) {}
  ~GrpcWatch() override { stream_->Cancel(); }
  void ReadNext() override { stream_->ReadNext(); }
  void Change(const std::vector<std::string>& add, const std::vector<std::string>& remove) override {
    stream_->Write(Names(add, 0, remove, ""));
  }

 private:
  const std::shared_ptr<grpcx::RawStream> stream_;  // shared with gRPC's side
};

// Of a service that is not there.
class NoWatch final : public ChannelWatch {
 public:
  void ReadNext() override {}
  void Change(const std::vector<std::string>&, const std::vector<std::string>&) override {}
};

}  // namespace

GrpcChannelSource::GrpcChannelSource(std::map<std::string, std::shared_ptr<grpc::Channel>> backends,
                                     grpcx::ClientQueue& queue, TaskRunner& tasks)
    : backends_(std::move(backends)), queue_(queue), tasks_(tasks) {}
GrpcChannelSource::~GrpcChannelSource() = default;

std::unique_ptr<ChannelWatch> GrpcChannelSource::Open(Channel channel, const Caller& caller,
                                                      const std::vector<std::string>& names,
                                                      const std::string& resume_token, Events events) {
  const auto method = MethodOf(channel);
  const auto backend = backends_.find(method.backend);
  if (backend == backends_.end() || backend->second == nullptr) {
    const auto why = ErrorWithInfo(
        absl::StatusCode::kUnimplemented, std::string("this installation has no ") + method.backend + " service",
        {.reason = "NOT_CONFIGURED", .domain = "crosspoint", .metadata = {{"service", method.backend}}});
    tasks_.Post([on_end = std::move(events.on_end), why] { on_end(why); });
    return std::make_unique<NoWatch>();
  }
  auto context = std::make_unique<grpc::ClientContext>();
  if (!caller.token.empty()) context->AddMetadata("authorization", "Bearer " + caller.token);
  context->AddMetadata("x-request-id", caller.request_id);
  if (!caller.traceparent.empty()) context->AddMetadata("traceparent", caller.traceparent);
  grpcx::RawStream::Events told;
  told.on_message = [on_payload = std::move(events.on_payload), method](const grpc::ByteBuffer& bytes) {
    on_payload(ReadPayload(*method.answer, bytes));
  };
  told.on_end = [on_end = std::move(events.on_end), method](const grpc::Status& status) {
    on_end(grpcx::FromGrpc(status, method.backend));
  };
  grpc::GenericStub stub(backend->second);
  const auto stream = grpcx::RawStream::Start(stub, method.path, std::move(context), queue_.queue(), queue_.NewPlace(),
                                              std::move(told));
  stream->Write(FirstRequest(channel, caller, names, resume_token));
  if (channel == Channel::kPresence) {
    for (size_t from = kNamesPerMessage; from < names.size(); from += kNamesPerMessage) {
      stream->Write(Names(names, from, {}, ""));
    }
  } else {
    stream->WritesDone();
  }
  return std::make_unique<GrpcWatch>(stream);
}

}  // namespace crosspoint::gateway
