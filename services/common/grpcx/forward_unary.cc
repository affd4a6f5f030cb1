#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "common/grpcx/call_access.h"
#include "common/grpcx/forward_state.h"
#include "common/grpcx/status.h"
#include "common/status/status.h"
#include "common/tracing/open_span.h"

namespace crosspoint::grpcx {
namespace {

using std::chrono::steady_clock;

// One unary call on its way through, from the request for it to its end; destroys itself once gRPC is done with it.
// Both sides are events of the server's own queue, so no thread waits and none hands over to another.
class ForwardedCall {
 public:
  explicit ForwardedCall(GuardedMethod& method) : method_(method) {}

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
    (new ForwardedCall(method_))->Request();  // the next one may come while this one runs
    started_ = steady_clock::now();
    std::string traceparent;
    Guard::State::Identify(context_, call_, traceparent);
    call_.service = method_.service;
    call_.method = method_.name;
    CallAccess::SetContext(call_, &context_, &ended_);
    span_.emplace(std::string_view(method_.path).substr(1), tracing::SpanKind::kServer, traceparent);
    call_.propagation.trace = span_->context();
    if (method_.observer != nullptr) method_.observer->OnStart();
    headers_ = ForwardHeaders::Of(context_);
    if (auto status = Admit(); !status.ok()) return Finish(status);
    if (headers_.session.empty() || method_.forward->gate() == nullptr) return Send();
    method_.forward->gate()->Check(call_, headers_.session,
                                   [this](const absl::Status& status) { status.ok() ? Send() : Finish(status); });
  }

  absl::Status Admit() {
    CROSSPOINT_RETURN_IF_ERROR(method_.guard.EnterForwarded());
    entered_ = true;
    TimePoint token_expires;
    CROSSPOINT_RETURN_IF_ERROR(
        method_.guard.Admit(method_, context_, Guard::State::Lifetime::kUnary, call_, token_expires));
    CROSSPOINT_RETURN_IF_ERROR(method_.guard.CheckSize(request_));
    method_.forward->Locate(headers_, call_);
    CROSSPOINT_ASSIGN_OR_RETURN(place_, method_.forward->Enter(call_, /*stream=*/false));
    return absl::OkStatus();
  }

  void Send() {
    const auto backend = method_.forward->Route(method_, *call_.principal, headers_);
    if (!backend.ok()) return Finish(backend.status());
    backend_ = *backend;
    SendOnce();
  }

  void SendOnce() {
    // The answer may be sent and this destroyed on another thread before the last line here.
    events_left_.fetch_add(1, std::memory_order_relaxed);
    {
      const std::lock_guard lock(mu_);
      ++sendings_;
      reader_.reset();
      auto& outgoing = outgoing_.emplace();
      FillForwarded(call_, outgoing);
      reader_ = backend_->stub->PrepareUnaryCall(&outgoing, method_.path, request_, method_.source->queue().queue());
      reader_->StartCall();
      reader_->Finish(&response_, &status_, answered_event_.tag());
      // Either this sees that the caller is gone, or Ended sees that the call was sent.
      if (ended_.load()) outgoing.TryCancel();
    }
    Release();
  }

  void Answered(bool) {
    if (status_.ok()) return Finish(absl::OkStatus());
    // Its replica ends: the caller need not know, another one takes the call.
    if (sendings_ < kMostSendings && !ended_.load() && NeverBegun(status_)) return SendOnce();
    // gRPC says the same of a call that we cancelled for the caller and of one that the backend cut.
    if (ended_.load() && status_.error_code() == grpc::StatusCode::CANCELLED) {
      return Finish(Refusal(absl::StatusCode::kCancelled, "CALLER_GONE", "the caller cancelled or is gone"));
    }
    Finish(PassOn(status_, backend_->name));
  }

  // Nothing of this object may be touched afterwards.
  void Finish(const absl::Status& status) {
    method_.guard.Report(method_, call_, status, steady_clock::now() - started_);
    span_->SetStatus(status);
    span_->End();
    place_.Leave();
    if (entered_) method_.guard.LeaveForwarded();
    if (status.ok()) {
      responder_.Finish(response_, grpc::Status::OK, finished_event_.tag());
    } else {
      responder_.FinishWithError(ToGrpc(status), finished_event_.tag());
    }
  }

  void Finished(bool) { Release(); }
  // The caller has the answer, cancelled or is gone.
  void Ended(bool) {
    if (context_.IsCancelled()) {
      const std::lock_guard lock(mu_);
      ended_.store(true);
      if (outgoing_) outgoing_->TryCancel();
    }
    Release();
  }
  void Release() {
    if (events_left_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  GuardedMethod& method_;
  const CallQueue::Place queue_place_{method_.source->queue()};  // first of what gRPC sees: goes last
  grpc::ServerContext context_;
  grpc::ServerAsyncResponseWriter<grpc::ByteBuffer> responder_{&context_};
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  std::mutex mu_;
  std::optional<grpc::ClientContext> outgoing_;  // guarded by mu_
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader_;
  grpc::Status status_;
  int sendings_ = 0;
  steady_clock::time_point started_;
  Call call_;
  std::optional<tracing::OpenSpan> span_;  // from Accepted to Finish
  ForwardHeaders headers_;
  Forwarder::State::Backend* backend_ = nullptr;
  Forwarder::State::Place place_;
  bool entered_ = false;
  std::atomic<bool> ended_{false};
  std::atomic<int> events_left_{2};  // Finished and Ended, and Send while it runs
  OwnedEvent<ForwardedCall> accepted_event_{this, &ForwardedCall::Accepted};
  OwnedEvent<ForwardedCall> answered_event_{this, &ForwardedCall::Answered};
  OwnedEvent<ForwardedCall> finished_event_{this, &ForwardedCall::Finished};
  OwnedEvent<ForwardedCall> ended_event_{this, &ForwardedCall::Ended};
};

}  // namespace

void AcceptForwarded(GuardedMethod& method) { (new ForwardedCall(method))->Request(); }

}  // namespace crosspoint::grpcx
