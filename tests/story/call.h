#pragma once

// How the chapters call: included by them alone.
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <memory>

#include "absl/status/status.h"
#include "common/grpcx/status.h"
#include "common/status/status.h"

namespace crosspoint::story {

// One unary call; its error with our ErrorInfo.
template <class Stub, class Request, class Response>
absl::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), Stub& stub,
                  const std::unique_ptr<grpc::ClientContext>& context, const Request& request, Response& response) {
  return grpcx::FromGrpc((stub.*method)(context.get(), request, &response));
}

}  // namespace crosspoint::story
