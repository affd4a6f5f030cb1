#include "directory/adapters/grpc_presence_source.h"

#include <grpcpp/grpcpp.h>

#include <utility>

#include "common/grpcx/outgoing.h"
#include "common/grpcx/status.h"
#include "common/status/status.h"
#include "common/tracing/tracing.h"
#include "crosspoint/presence/v1/presence_service.grpc.pb.h"

namespace crosspoint::directory {

namespace presence = crosspoint::presence::v1;

struct GrpcPresenceSource::Stub {
  std::unique_ptr<presence::PresenceService::Stub> service;
};

GrpcPresenceSource::GrpcPresenceSource(std::shared_ptr<grpc::Channel> channel) {
  if (channel != nullptr) stub_.reset(new Stub{presence::PresenceService::NewStub(std::move(channel))});
}
GrpcPresenceSource::~GrpcPresenceSource() = default;

absl::StatusOr<PresenceFacts> GrpcPresenceSource::Get(const UserId& user, const OnBehalf& caller, Deadline deadline) {
  if (stub_ == nullptr) return absl::UnavailableError("no presence service is configured");
  presence::BatchGetPresenceRequest request;
  request.add_users(user.Name());
  presence::BatchGetPresenceResponse response;
  const auto status = grpcx::SendToReplica([&] {
    const grpcx::OutgoingContext context({caller.token, caller.request_id, tracing::Current()}, deadline);
    return stub_->service->BatchGetPresence(context, request, &response);
  });
  CROSSPOINT_RETURN_IF_ERROR(grpcx::FromGrpc(status, "presence"));
  if (response.presences_size() != 1) return absl::InternalError("presence answered about nobody");
  const auto& facts = response.presences(0);
  return PresenceFacts{.availability_state = facts.availability().state(),
                       .on_the_phone = facts.line_state() == presence::LINE_STATE_ON_THE_PHONE ||
                                       facts.line_state() == presence::LINE_STATE_HELD,
                       .im_online = facts.im_state() == presence::IM_STATE_ONLINE};
}

}  // namespace crosspoint::directory
