#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "common/grpcx/guard_state.h"

namespace crosspoint::grpcx {

// One call on a thread of gRPC's synchronous server, from the Guard to the serialised answer.
grpc::Status RunUnary(const GuardedMethod& method, grpc::ServerContext& context, const grpc::ByteBuffer& request,
                      grpc::ByteBuffer& response);

// The same through the callback API: decides who may at once, then runs on the pool for calls that wait.
grpc::ServerUnaryReactor* StartWaiting(const GuardedMethod& method, grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer& request, grpc::ByteBuffer& response);

}  // namespace crosspoint::grpcx
