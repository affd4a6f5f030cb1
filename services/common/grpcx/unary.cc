#include "common/grpcx/unary.h"

#include <google/protobuf/message.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "common/grpcx/call_access.h"
#include "common/grpcx/status.h"
#include "common/tracing/tracing.h"

namespace crosspoint::grpcx {
namespace {

using std::chrono::steady_clock;

std::string_view SpanName(const GuardedMethod& method) { return std::string_view(method.path).substr(1); }

// From the parsed request to the serialised answer; the caller is admitted.
absl::Status Serve(const GuardedMethod& method, const Call& call, const grpc::ByteBuffer& request,
                   grpc::ByteBuffer& response) {
  const std::unique_ptr<google::protobuf::Message> message(method.method.request->New());
  CROSSPOINT_RETURN_IF_ERROR(
      method.guard.Examine(method, request, *call.principal, Policy::Position::kFirst, *message));
  const std::unique_ptr<google::protobuf::Message> answer(method.method.response->New());
  const auto status = Contained([&] { return method.method.unary(*message, call, *answer); });
  if (status.ok()) response = SerializeToBuffer(*answer);
  return status;
}

// A call of the callback API. Belongs to gRPC until OnDone.
class WaitingCall final : public grpc::ServerUnaryReactor {
 public:
  WaitingCall(const GuardedMethod& method, grpc::CallbackServerContext* context, const grpc::ByteBuffer& request,
              grpc::ByteBuffer& response)
      : method_(method), context_(context), request_(request), response_(response) {}

  void Start() {
    std::string traceparent;
    Guard::State::Identify(*context_, call_, traceparent);
    call_.service = method_.service;
    call_.method = method_.name;
    CallAccess::SetContext(call_, context_);
    call_.propagation.trace = tracing::Accept(traceparent);
    const tracing::Scope scope(call_.propagation.trace, call_.propagation.request_id);
    if (method_.observer != nullptr) method_.observer->OnStart();
    TimePoint token_expires;
    auto status = method_.guard.Admit(method_, *context_, Guard::State::Lifetime::kUnary, call_, token_expires);
    if (status.ok()) status = method_.guard.EnterWaiting(*call_.principal);
    if (!status.ok()) return End(status);
    method_.guard.waiting_pool().Run([this] { Run(); });
  }

  void OnDone() override { delete this; }

 private:
  void Run() {
    const tracing::Scope scope(call_.propagation.trace, call_.propagation.request_id);
    absl::Status status;
    {
      tracing::Span span(SpanName(method_), tracing::SpanKind::kServer);
      if (context_->IsCancelled()) {
        status = Refusal(absl::StatusCode::kCancelled, "CALLER_GONE", "the caller gave up while the call was queued");
      } else if (steady_clock::now() >= call_.steady_deadline) {
        status = Refusal(absl::StatusCode::kDeadlineExceeded, "DEADLINE_PASSED",
                         "the deadline passed while the call was queued");
      } else {
        status = Serve(method_, call_, request_, response_);
      }
      span.SetStatus(status);
    }
    method_.guard.LeaveWaiting(*call_.principal);
    End(status);
  }

  // Nothing of this object may be touched afterwards.
  void End(const absl::Status& status) {
    method_.guard.Report(method_, call_, status, steady_clock::now() - started_);
    Finish(ToGrpc(status));
  }

  const GuardedMethod& method_;
  grpc::CallbackServerContext* const context_;
  const grpc::ByteBuffer& request_;
  grpc::ByteBuffer& response_;
  const steady_clock::time_point started_ = steady_clock::now();
  Call call_;
};

}  // namespace

grpc::Status RunUnary(const GuardedMethod& method, grpc::ServerContext& context, const grpc::ByteBuffer& request,
                      grpc::ByteBuffer& response) {
  const auto started = steady_clock::now();
  Call call;
  std::string traceparent;
  Guard::State::Identify(context, call, traceparent);
  call.service = method.service;
  call.method = method.name;
  CallAccess::SetContext(call, &context);
  const tracing::Scope scope(tracing::Accept(traceparent), call.propagation.request_id);
  absl::Status status;
  {
    tracing::Span span(SpanName(method), tracing::SpanKind::kServer);
    call.propagation.trace = span.context();
    if (method.observer != nullptr) method.observer->OnStart();
    status = method.guard.EnterUnary();
    if (status.ok()) {
      TimePoint token_expires;
      status = method.guard.Admit(method, context, Guard::State::Lifetime::kUnary, call, token_expires);
      if (status.ok()) status = Serve(method, call, request, response);
      method.guard.LeaveUnary();
    }
    span.SetStatus(status);
  }
  method.guard.Report(method, call, status, steady_clock::now() - started);
  return ToGrpc(status);
}

grpc::ServerUnaryReactor* StartWaiting(const GuardedMethod& method, grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer& request, grpc::ByteBuffer& response) {
  auto* const call = new WaitingCall(method, context, request, response);  // deletes itself in OnDone
  call->Start();
  return call;
}

}  // namespace crosspoint::grpcx
