#include "common/grpcx/outgoing.h"

#include <grpcpp/client_context.h>
#include <grpcpp/server_context.h>

#include <algorithm>
#include <utility>

#include "common/grpcx/call_access.h"
#include "common/grpcx/status.h"
#include "common/log/log.h"
#include "common/tracing/tracing.h"

namespace crosspoint::grpcx {
namespace {

using SteadyPoint = std::chrono::steady_clock::time_point;

void SetDeadline(grpc::ClientContext& context, SteadyPoint deadline) {
  if (deadline == SteadyPoint::max()) return;
  context.set_deadline(
      std::chrono::system_clock::now() +
      std::chrono::duration_cast<std::chrono::system_clock::duration>(deadline - std::chrono::steady_clock::now()));
}

void SetMetadata(grpc::ClientContext& context, std::string_view token, const std::string& request_id,
                 const tracing::TraceContext& trace) {
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + std::string(token));
  if (!request_id.empty()) context.AddMetadata("x-request-id", request_id);
  if (trace.valid()) context.AddMetadata("traceparent", tracing::FormatTraceparent(trace));
}

// The step that runs on this thread, so that the callee's span hangs below it.
const tracing::TraceContext& CurrentOr(const tracing::TraceContext& otherwise) {
  const auto& current = tracing::Current();
  return current.valid() ? current : otherwise;
}

}  // namespace

OutgoingContext::OutgoingContext(const Call& call)
    : context_(CallAccess::Context(call) != nullptr ? grpc::ClientContext::FromServerContext(*CallAccess::Context(call))
                                                    : std::make_unique<grpc::ClientContext>()) {
  SetDeadline(*context_, call.steady_deadline);
  SetMetadata(*context_, call.propagation.token, call.propagation.request_id, CurrentOr(call.propagation.trace));
}

OutgoingContext::OutgoingContext(const Propagation& propagation, SteadyPoint deadline)
    : context_(std::make_unique<grpc::ClientContext>()) {
  SetDeadline(*context_, deadline);
  SetMetadata(*context_, propagation.token, propagation.request_id, propagation.trace);
}

OutgoingContext::OutgoingContext(SteadyPoint deadline) : context_(std::make_unique<grpc::ClientContext>()) {
  SetDeadline(*context_, deadline);
  const auto& request_id = log::CurrentContext().request_id;
  // Without a trace here the callee begins one: a parent that nobody tells of would leave its trace without a root.
  SetMetadata(*context_, "", request_id.empty() ? tracing::NewRequestId() : request_id, tracing::Current());
}

OutgoingContext OutgoingContext::Watch() { return OutgoingContext(SteadyPoint::max()); }

OutgoingContext::~OutgoingContext() = default;
OutgoingContext::OutgoingContext(OutgoingContext&&) noexcept = default;
OutgoingContext& OutgoingContext::operator=(OutgoingContext&&) noexcept = default;

grpc::Status SendToReplica(const std::function<grpc::Status()>& call) {
  auto status = call();
  for (int sent = 1; sent < kMostSendings && NeverBegun(status); ++sent) status = call();
  return status;
}

}  // namespace crosspoint::grpcx
