#include "voicemail/adapters/grpc_peers.h"

#include <grpcpp/grpcpp.h>

#include "common/grpcx/outgoing.h"
#include "common/grpcx/status.h"
#include "common/status/status.h"
#include "crosspoint/contact/v1/contact_service.grpc.pb.h"
#include "crosspoint/gateway/v1/command_service.grpc.pb.h"

namespace crosspoint::voicemail {
namespace {

namespace contact = crosspoint::contact::v1;
namespace gateway = crosspoint::gateway::v1;

}  // namespace

struct GrpcContactNames::Stub {
  std::unique_ptr<contact::ContactService::Stub> service;
};

GrpcContactNames::GrpcContactNames(std::shared_ptr<grpc::Channel> channel)
    : stub_(channel == nullptr ? nullptr : new Stub{contact::ContactService::NewStub(std::move(channel))}) {}
GrpcContactNames::~GrpcContactNames() = default;

absl::StatusOr<std::string> GrpcContactNames::NameOf(const UserId& owner, const std::string& number,
                                                     Deadline deadline) {
  if (stub_ == nullptr) return std::string();
  contact::LookupNumberRequest request;
  request.set_parent(owner.Name());
  request.set_number(number);
  contact::LookupNumberResponse response;
  const auto status = grpcx::SendToReplica(
      [&] { return stub_->service->LookupNumber(grpcx::OutgoingContext(deadline), request, &response); });
  CROSSPOINT_RETURN_IF_ERROR(grpcx::FromGrpc(status, "contact"));
  // A number that only ends alike may be somebody else's.
  return response.exact() && !response.contacts().empty() ? response.contacts(0).display_name() : std::string();
}

struct GrpcDevices::Stub {
  std::unique_ptr<gateway::CommandService::Stub> service;
};

GrpcDevices::GrpcDevices(std::shared_ptr<grpc::Channel> channel)
    : stub_(channel == nullptr ? nullptr : new Stub{gateway::CommandService::NewStub(std::move(channel))}) {}
GrpcDevices::~GrpcDevices() = default;

absl::StatusOr<CommandResult> GrpcDevices::Dispatch(const UserId& user, CommandKind kind, const std::string& target,
                                                    const std::string& device, const std::string& request_id,
                                                    Deadline deadline) {
  gateway::DispatchCommandRequest request;
  request.set_user(user.Name());
  request.set_kind(kind == CommandKind::kPlay ? gateway::COMMAND_KIND_PLAY_MESSAGE : gateway::COMMAND_KIND_PLACE_CALL);
  request.set_target(target);
  request.set_device(device);
  request.set_request_id(request_id);
  gateway::CommandOutcome outcome;
  const auto status = grpcx::SendToReplica(
      [&] { return stub_->service->DispatchCommand(grpcx::OutgoingContext(deadline), request, &outcome); });
  CROSSPOINT_RETURN_IF_ERROR(grpcx::FromGrpc(status, "gateway"));
  constexpr std::string_view kPrefix = "OUTCOME_";
  auto word = gateway::Outcome_Name(outcome.outcome());
  if (word.rfind(kPrefix, 0) == 0) word.erase(0, kPrefix.size());
  return CommandResult{std::move(word), outcome.detail()};
}

}  // namespace crosspoint::voicemail
