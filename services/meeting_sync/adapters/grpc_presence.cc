#include "meeting_sync/adapters/grpc_presence.h"

#include <grpcpp/grpcpp.h>

#include "common/grpcx/outgoing.h"
#include "common/grpcx/status.h"
#include "crosspoint/presence/v1/presence_service.grpc.pb.h"

namespace crosspoint::meeting_sync {
namespace {

namespace v1 = crosspoint::presence::v1;

constexpr char kSource[] = "meeting-sync";

std::string ClaimName(const UserId& user, const std::string& id) { return user.Name() + "/claims/" + id; }

void SetTime(TimePoint time, google::protobuf::Timestamp* to) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  to->set_seconds(seconds.time_since_epoch().count());
  to->set_nanos(static_cast<int32_t>(std::chrono::nanoseconds(time - seconds).count()));
}

}  // namespace

struct GrpcPresence::Stub {
  std::unique_ptr<v1::PresenceService::Stub> service;
};

GrpcPresence::GrpcPresence(std::shared_ptr<grpc::Channel> channel)
    : stub_(new Stub{v1::PresenceService::NewStub(std::move(channel))}) {}
GrpcPresence::~GrpcPresence() = default;

absl::Status GrpcPresence::PutClaim(const UserId& user, const PlannedClaim& claim, Deadline deadline) {
  v1::PutClaimRequest request;
  auto& wanted = *request.mutable_claim();
  wanted.set_name(ClaimName(user, claim.id));
  wanted.set_source(kSource);
  wanted.set_claim_class(claim.claim_class == ClaimClass::kOwnWord ? v1::CLAIM_CLASS_OWN_WORD
                                                                   : v1::CLAIM_CLASS_CALENDAR);
  wanted.set_state(claim.state);
  SetTime(claim.start, wanted.mutable_start_time());
  SetTime(claim.end, wanted.mutable_end_time());
  v1::PutClaimResponse response;
  const auto status = grpcx::SendToReplica(
      [&] { return stub_->service->PutClaim(grpcx::OutgoingContext(deadline), request, &response); });
  return grpcx::FromGrpc(status, "presence");
}

absl::Status GrpcPresence::DeleteClaim(const UserId& user, const std::string& claim_id, Deadline deadline) {
  v1::DeleteClaimRequest request;
  request.set_name(ClaimName(user, claim_id));
  v1::DeleteClaimResponse response;
  const auto status = grpcx::SendToReplica(
      [&] { return stub_->service->DeleteClaim(grpcx::OutgoingContext(deadline), request, &response); });
  return grpcx::FromGrpc(status, "presence");
}

}  // namespace crosspoint::meeting_sync
