#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "common/grpcx/call.h"

namespace grpc {
class ClientContext;
class Status;
}  // namespace grpc

namespace crosspoint::grpcx {

// gRPC's ClientContext in a light header; get() is what a stub takes.
class OutgoingContext {
 public:
  // Inside a unary call: carries on its deadline, cancellation, token, request id and trace. Must not outlive `call`.
  explicit OutgoingContext(const Call& call);

  // Work that belongs to a call but outlives it, or runs from a stream.
  OutgoingContext(const Propagation& propagation, std::chrono::steady_clock::time_point deadline);

  // Background work of the service itself: no user's token, so the callee's policy must name this service. Takes the
  // request id and trace of the calling thread (tracing::Scope), or new ones.
  explicit OutgoingContext(std::chrono::steady_clock::time_point deadline);

  // A watch of the service itself: ends by cancellation only.
  static OutgoingContext Watch();

  ~OutgoingContext();
  OutgoingContext(OutgoingContext&&) noexcept;
  OutgoingContext& operator=(OutgoingContext&&) noexcept;

  grpc::ClientContext* get() const { return context_.get(); }
  grpc::ClientContext* operator->() const { return context_.get(); }
  operator grpc::ClientContext*() const { return context_.get(); }  // NOLINT: stubs take the pointer

 private:
  std::unique_ptr<grpc::ClientContext> context_;
};

// Calls, and again at another replica while one refuses because it ends. `call` makes its own context each time:
//   SendToReplica([&] { return stub.GetThing(OutgoingContext(deadline), request, &response); })
grpc::Status SendToReplica(const std::function<grpc::Status()>& call);

}  // namespace crosspoint::grpcx
