#pragma once

#include <memory>

#include "absl/status/status.h"
#include "common/grpcx/methods.h"
#include "crosspoint/gateway/v1/gateway_service.pb.h"
#include "gateway/app/session_hub.h"

namespace crosspoint::gateway {

class GatewayHandler {
 public:
  // Both must outlive the handler.
  GatewayHandler(SessionHub& hub, SessionStore& sessions) : hub_(hub), sessions_(sessions) {}
  void Bind(grpcx::Methods& methods);

 private:
  void Connect(const grpcx::Call& call,
               std::shared_ptr<grpcx::BidiStream<v1::SessionMessage, v1::SessionEvent>> stream);
  void OpenSession(const v1::OpenSessionRequest& request, const grpcx::Call& call,
                   std::shared_ptr<grpcx::ServerStream<v1::SessionEvent>> stream);
  absl::Status SendSessionMessage(const v1::SendSessionMessageRequest& request, const grpcx::Call& call,
                                  v1::SendSessionMessageResponse& response);
  absl::Status ListSessions(const v1::ListSessionsRequest& request, const grpcx::Call& call,
                            v1::ListSessionsResponse& response);
  absl::Status AcquireRole(const v1::AcquireRoleRequest& request, const grpcx::Call& call, v1::RoleLease& response);
  absl::Status RenewRole(const v1::RenewRoleRequest& request, const grpcx::Call& call, v1::RoleLease& response);
  absl::Status ReleaseRole(const v1::ReleaseRoleRequest& request, const grpcx::Call& call,
                           v1::ReleaseRoleResponse& response);

  SessionHub& hub_;
  SessionStore& sessions_;
};

}  // namespace crosspoint::gateway
