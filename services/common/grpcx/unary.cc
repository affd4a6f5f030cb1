#include "common/grpcx/unary.h"

#include <google/protobuf/message.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/grpcx/call_access.h"
#include "common/grpcx/status.h"
#include "common/tracing/open_span.h"

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

// One call, from the request for it to its end; destroys itself once gRPC is done with it.
class UnaryCall {
 public:
  explicit UnaryCall(GuardedMethod& method) : method_(method) {}

  void Request() {
    context_.AsyncNotifyWhenDone(ended_event_.tag());
    method_.source->RequestUnary(method_.index, &context_, &request_, &responder_, accepted_event_.tag());
  }

 private:
  void Accepted(bool ok) {
    if (!ok) {  // the server shuts down; the other events never come
      delete this;
      return;
    }
    (new UnaryCall(method_))->Request();  // the next one may come while this one runs
    Run();
  }

  void Run() {
    started_ = steady_clock::now();
    std::string traceparent;
    Guard::State::Identify(context_, call_, traceparent);
    call_.service = method_.service;
    call_.method = method_.name;
    CallAccess::SetContext(call_, &context_, &ended_);
    span_.emplace(SpanName(method_), tracing::SpanKind::kServer, traceparent);
    call_.propagation.trace = span_->context();
    const tracing::Scope scope(call_.propagation.trace, call_.propagation.request_id);
    if (method_.observer != nullptr) method_.observer->OnStart();
    if (method_.method.kind == Methods::Kind::kWaiting) return StartWaiting();
    if (method_.method.kind == Methods::Kind::kUnary) CallQueue::MayWait();
    RunHere();
  }

  void RunHere() {
    auto status = method_.guard.EnterUnary();
    if (status.ok()) {
      status = Admit();
      if (status.ok()) status = Serve(method_, call_, request_, response_);
      method_.guard.LeaveUnary();
    }
    Finish(status);
  }

  void StartWaiting() {
    auto status = Admit();
    if (status.ok()) status = method_.guard.EnterWaiting(*call_.principal);
    if (!status.ok()) return Finish(status);
    method_.guard.waiting_pool().Run([this] { RunWaiting(); });
  }

  void RunWaiting() {
    const tracing::Scope scope(call_.propagation.trace, call_.propagation.request_id);
    absl::Status status;
    if (call_.cancelled()) {
      status = Refusal(absl::StatusCode::kCancelled, "CALLER_GONE", "the caller gave up while the call was queued");
    } else if (steady_clock::now() >= call_.steady_deadline) {
      status = Refusal(absl::StatusCode::kDeadlineExceeded, "DEADLINE_PASSED",
                       "the deadline passed while the call was queued");
    } else {
      status = Serve(method_, call_, request_, response_);
    }
    method_.guard.LeaveWaiting(*call_.principal);
    Finish(status);
  }

  absl::Status Admit() {
    TimePoint token_expires;
    return method_.guard.Admit(method_, context_, Guard::State::Lifetime::kUnary, call_, token_expires);
  }

  // Nothing of this object may be touched afterwards.
  void Finish(const absl::Status& status) {
    method_.guard.Report(method_, call_, status, steady_clock::now() - started_);
    span_->SetStatus(status);
    span_->End();
    request_.Clear();
    if (status.ok()) {
      responder_.Finish(response_, grpc::Status::OK, finished_event_.tag());
    } else {
      responder_.FinishWithError(ToGrpc(status), finished_event_.tag());
    }
  }

  void Finished(bool) { Release(); }
  // The caller has the answer, cancelled or is gone.
  void Ended(bool) {
    if (context_.IsCancelled()) ended_.store(true, std::memory_order_release);
    Release();
  }
  void Release() {
    if (events_left_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  GuardedMethod& method_;
  const CallQueue::Place place_{method_.source->queue()};  // first of what gRPC sees: goes last
  grpc::ServerContext context_;
  grpc::ServerAsyncResponseWriter<grpc::ByteBuffer> responder_{&context_};
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  steady_clock::time_point started_;
  Call call_;
  std::optional<tracing::OpenSpan> span_;  // from Run to Finish
  std::atomic<bool> ended_{false};
  std::atomic<int> events_left_{2};  // Finished and Ended
  OwnedEvent<UnaryCall> accepted_event_{this, &UnaryCall::Accepted};
  OwnedEvent<UnaryCall> finished_event_{this, &UnaryCall::Finished};
  OwnedEvent<UnaryCall> ended_event_{this, &UnaryCall::Ended};
};

}  // namespace

void AcceptUnary(GuardedMethod& method) { (new UnaryCall(method))->Request(); }

}  // namespace crosspoint::grpcx
