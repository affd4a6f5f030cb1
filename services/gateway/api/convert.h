#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/grpcx/call.h"
#include "crosspoint/gateway/v1/gateway_service.pb.h"
#include "gateway/app/session_hub.h"

namespace crosspoint::gateway {

// Whose sessions, roles and commands are meant by a caller. A PBX that is no user of ours gets a value that no user can
// have.
//   kPermissionDenied  ROLE_REQUIRED, the token is of no tenant
absl::StatusOr<UserId> OwnerOf(const grpcx::Call& call);
absl::StatusOr<Caller> CallerOf(const grpcx::Call& call);

//   kInvalidArgument   names the field
//   kPermissionDenied  ROLE_REQUIRED, a PBX is an integrator, all other programs are users'
absl::StatusOr<HelloWish> FromProto(const v1::Hello& hello, const grpcx::Call& call);
// All but the hello.
absl::StatusOr<ProgramMessage> FromProto(const v1::SessionMessage& message);
absl::StatusOr<ClientRole> FromProto(v1::ClientRole role);

void ToProto(int64_t number, const Event& event, v1::SessionEvent& out);
void ToProto(const SessionRecord& record, v1::Session& out);
void ToProto(const RoleGrant& grant, v1::RoleLease& out);

}  // namespace crosspoint::gateway
