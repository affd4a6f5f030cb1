#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "common/grpcx/forward_state.h"
#include "common/grpcx/raw_stream.h"
#include "common/grpcx/stream_core.h"
#include "common/status/status.h"

namespace crosspoint::grpcx {
namespace {

// The two halves of a forwarded stream. Each way one message is under way: the next is read when the last was handed
// on, so whoever is slow slows down the other end and nothing piles up here. Kept by the callbacks of both halves.
class ForwardedStream final : public std::enable_shared_from_this<ForwardedStream> {
 public:
  ForwardedStream(GuardedMethod& method, std::shared_ptr<StreamCore> core, ForwardHeaders headers)
      : method_(method), core_(std::move(core)), headers_(std::move(headers)) {}

  void Begin() {
    const auto self = shared_from_this();
    core_->SetOnRaw([self](const grpc::ByteBuffer& bytes) { self->TakeMessage(bytes); },
                    [self] { self->TakeHalfClose(); });
    core_->SetOnDrained([self] { self->TakeDrained(); });
    core_->SetOnEnd([self] { self->TakeEnd(); });
    if (const auto status = Admit(); !status.ok()) return core_->Finish(status);
    if (headers_.session.empty() || method_.forward->gate() == nullptr) return Open();
    method_.forward->gate()->Check(core_->call(), headers_.session, [self](const absl::Status& status) {
      status.ok() ? self->Open() : self->core_->Finish(status);
    });
  }

 private:
  absl::Status Admit() {
    CROSSPOINT_ASSIGN_OR_RETURN(place_, method_.forward->Enter(core_->call(), /*stream=*/true));
    return absl::OkStatus();
  }

  void Open() {
    const auto backend = method_.forward->Route(method_, *core_->call().principal, headers_);
    if (!backend.ok()) return core_->Finish(backend.status());
    backend_ = *backend;
    auto context = std::make_unique<grpc::ClientContext>();
    FillForwarded(core_->call(), *context);
    const auto self = shared_from_this();
    RawStream::Events events;
    events.on_message = [self](grpc::ByteBuffer bytes) { self->core_->WriteRaw(std::move(bytes)); };
    events.on_written = [self] { self->core_->Hold(false); };
    events.on_end = [self](const grpc::Status& status) { self->core_->Finish(PassOn(status, self->backend_->name)); };
    auto& queue = method_.source->queue();
    const std::lock_guard lock(mu_);
    if (ended_) return;
    raw_ = RawStream::Start(*backend_->stub, method_.path, std::move(context), queue.queue(),
                            std::make_shared<CallQueue::Place>(queue), std::move(events));
    if (waiting_) SendLocked(*std::exchange(waiting_, std::nullopt));
    if (half_closed_) raw_->WritesDone();
    raw_->ReadNext();
  }

  void TakeMessage(const grpc::ByteBuffer& bytes) {
    core_->Hold(true);
    const std::lock_guard lock(mu_);
    if (raw_ != nullptr) {
      SendLocked(bytes);
    } else {
      waiting_ = bytes;
    }
  }

  void SendLocked(const grpc::ByteBuffer& bytes) {
    raw_->Write(bytes);
    if (method_.method.kind == Methods::Kind::kServerStream) raw_->WritesDone();  // nothing else is read
  }

  void TakeHalfClose() {
    const std::lock_guard lock(mu_);
    half_closed_ = true;
    if (raw_ != nullptr) raw_->WritesDone();
  }

  void TakeDrained() {
    const std::lock_guard lock(mu_);
    if (raw_ != nullptr) raw_->ReadNext();
  }

  void TakeEnd() {
    std::shared_ptr<RawStream> raw;
    {
      const std::lock_guard lock(mu_);
      ended_ = true;
      raw.swap(raw_);
    }
    if (raw != nullptr) raw->Cancel();
    place_.Leave();
  }

  GuardedMethod& method_;
  const std::shared_ptr<StreamCore> core_;  // shared with gRPC's side
  const ForwardHeaders headers_;
  Forwarder::State::Backend* backend_ = nullptr;
  Forwarder::State::Place place_;
  std::mutex mu_;
  std::shared_ptr<RawStream> raw_;  // guarded by mu_; shared with gRPC's side; null before it is opened and at the end
  std::optional<grpc::ByteBuffer> waiting_;  // guarded by mu_; the first message, while the gate decides
  bool half_closed_ = false;                 // guarded by mu_
  bool ended_ = false;                       // guarded by mu_
};

}  // namespace

void ForwardStream(GuardedMethod& method, const std::shared_ptr<StreamCore>& core, const ForwardHeaders& headers) {
  std::make_shared<ForwardedStream>(method, core, headers)->Begin();
}

}  // namespace crosspoint::grpcx
