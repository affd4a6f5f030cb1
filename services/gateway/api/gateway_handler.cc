#include "gateway/api/gateway_handler.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/status/status.h"
#include "gateway/api/convert.h"
#include "gateway/api/session_stream.h"

namespace crosspoint::gateway {
namespace {

constexpr int kDefaultPage = 50;
constexpr int kMaxPage = 500;

}  // namespace

void GatewayHandler::Bind(grpcx::Methods& methods) {
  methods.Bidi("Connect", this, &GatewayHandler::Connect);
  methods.ServerStream("OpenSession", this, &GatewayHandler::OpenSession);
  methods.Unary("SendSessionMessage", this, &GatewayHandler::SendSessionMessage);
  methods.Unary("ListSessions", this, &GatewayHandler::ListSessions);
  methods.Unary("AcquireRole", this, &GatewayHandler::AcquireRole);
  methods.Unary("RenewRole", this, &GatewayHandler::RenewRole);
  methods.Unary("ReleaseRole", this, &GatewayHandler::ReleaseRole);
}

void GatewayHandler::Connect(const grpcx::Call&,
                             std::shared_ptr<grpcx::BidiStream<v1::SessionMessage, v1::SessionEvent>> stream) {
  SessionStream::BeginConnection(hub_, stream);
}

void GatewayHandler::OpenSession(const v1::OpenSessionRequest& request, const grpcx::Call&,
                                 std::shared_ptr<grpcx::ServerStream<v1::SessionEvent>> stream) {
  SessionStream::BeginDownward(hub_, request.hello(), stream);
}

absl::Status GatewayHandler::SendSessionMessage(const v1::SendSessionMessageRequest& request, const grpcx::Call& call,
                                                v1::SendSessionMessageResponse&) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto owner, OwnerOf(call));
  if (request.session().empty()) return InvalidField("session", "must be that of the welcome");
  CROSSPOINT_ASSIGN_OR_RETURN(const auto said, FromProto(request.message()));
  return hub_.TakeFor(owner, request.session(), said, request.message().SerializeAsString(), call.steady_deadline);
}

absl::Status GatewayHandler::ListSessions(const v1::ListSessionsRequest& request, const grpcx::Call& call,
                                          v1::ListSessionsResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto tenant, TenantId::Parse(request.parent(), "parent"));
  if (request.page_size() < 0) return InvalidField("page_size", "must not be negative");
  const int size = request.page_size() == 0 ? kDefaultPage : std::min(request.page_size(), kMaxPage);
  const auto slash = request.page_token().find('/');
  if (!request.page_token().empty() && slash == std::string::npos) {
    return InvalidField("page_token", "must be the next_page_token of an earlier answer");
  }
  const auto after_owner = request.page_token().substr(0, slash);
  const auto after_session = slash == std::string::npos ? "" : request.page_token().substr(slash + 1);
  std::vector<UserId> owners;
  if (call.principal->roles.Has(grpcx::Role::kTenantAdmin)) {
    CROSSPOINT_ASSIGN_OR_RETURN(owners, sessions_.Owners(tenant, call.steady_deadline));
  } else {
    CROSSPOINT_ASSIGN_OR_RETURN(auto owner, OwnerOf(call));
    owners.push_back(std::move(owner));
  }
  std::string last;
  for (const auto& owner : owners) {
    if (owner.value < after_owner) continue;
    CROSSPOINT_ASSIGN_OR_RETURN(const auto sessions, sessions_.List(owner, call.steady_deadline));
    for (const auto& session : sessions) {
      if (owner.value == after_owner && session.id <= after_session) continue;
      if (response.sessions_size() == size) {
        response.set_next_page_token(last);
        return absl::OkStatus();
      }
      ToProto(session, *response.add_sessions());
      last = owner.value + "/" + session.id;
    }
  }
  return absl::OkStatus();
}

absl::Status GatewayHandler::AcquireRole(const v1::AcquireRoleRequest& request, const grpcx::Call& call,
                                         v1::RoleLease& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto owner, OwnerOf(call));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto role, FromProto(request.role()));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto grant, hub_.AcquireRole(owner, request.session(), role, call.steady_deadline));
  ToProto(grant, response);
  return absl::OkStatus();
}

absl::Status GatewayHandler::RenewRole(const v1::RenewRoleRequest& request, const grpcx::Call& call,
                                       v1::RoleLease& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto owner, OwnerOf(call));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto role, FromProto(request.role()));
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto grant, hub_.RenewRole(owner, request.session(), role, request.fencing_token(), call.steady_deadline));
  ToProto(grant, response);
  return absl::OkStatus();
}

absl::Status GatewayHandler::ReleaseRole(const v1::ReleaseRoleRequest& request, const grpcx::Call& call,
                                         v1::ReleaseRoleResponse&) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto owner, OwnerOf(call));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto role, FromProto(request.role()));
  return hub_.ReleaseRole(owner, request.session(), role, request.fencing_token(), call.steady_deadline);
}

}  // namespace crosspoint::gateway
