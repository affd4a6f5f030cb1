#include "common/grpcx/stream_core.h"

#include <utility>

#include "common/grpcx/call_access.h"
#include "common/grpcx/status.h"
#include "common/grpcx/write_batch.h"
#include "common/tracing/tracing.h"

namespace crosspoint::grpcx {
namespace {

// How long a stream that was told to end may take to send its last words before it is cut.
constexpr std::chrono::seconds kLastWords{10};
// How long after a stream's last message gRPC may take to tell that the caller is gone.
constexpr std::chrono::milliseconds kGrace{100};

}  // namespace

StreamCore::StreamCore(GuardedMethod& method) : method_(method), rpc_(std::make_unique<Rpc>(method.source->queue())) {}

void StreamCore::Accept(GuardedMethod& method) {
  const auto core = std::make_shared<StreamCore>(method);
  core->self_ = core;
  core->rpc_->context.AsyncNotifyWhenDone(core->ended_event_.tag());
  method.source->RequestStream(method.index, &core->rpc_->context, &core->rpc_->stream, core->accepted_event_.tag());
}

void StreamCore::Accepted(bool ok) {
  if (!ok) {  // the server shuts down; the other events never come
    const auto self = std::move(self_);
    return;
  }
  Accept(method_);  // the next one may come while this one is open
  Begin();
}

void StreamCore::Begin() {
  const auto self = shared_from_this();  // outlives the lock
  method_.guard.StreamBegan();
  opened_ = std::chrono::steady_clock::now();
  last_progress_ = opened_;
  auto& context = rpc_->context;
  std::string traceparent;
  Guard::State::Identify(context, call_, traceparent);
  call_.service = method_.service;
  call_.method = method_.name;
  opening_.emplace(std::string_view(method_.path).substr(1), tracing::SpanKind::kServer, traceparent);
  call_.propagation.trace = opening_->context();
  const tracing::Scope scope(call_.propagation.trace, call_.propagation.request_id);
  if (method_.observer != nullptr) method_.observer->OnStart();
  auto status = method_.guard.Admit(method_, context, Guard::State::Lifetime::kStream, call_, token_expires_);
  CallAccess::Detach(call_, context.peer(), &ended_);
  if (method_.forward != nullptr) headers_ = ForwardHeaders::Of(context);
  // Held from here on: as soon as the Guard knows the stream, others may end it.
  const std::lock_guard lock(mu_);
  begun_ = true;
  if (status.ok()) {
    status = method_.guard.EnterStream(shared_from_this());
    entered_ = status.ok();
  }
  if (!status.ok()) final_status_ = status;
  broken_ = ended_done_;  // told before there was anything to end
  if (broken_ || final_status_) {
    IssueLocked();
  } else {
    ReadLocked();
  }
}

bool StreamCore::closed() const {
  const std::lock_guard lock(mu_);
  return done_ || finished_ || broken_ || final_status_.has_value();
}

size_t StreamCore::queued() const {
  const std::lock_guard lock(mu_);
  return pending_.size() + (writing_ ? 1 : 0);
}

bool StreamCore::Write(const google::protobuf::MessageLite& message) { return Queue(SerializeToBuffer(message)); }

bool StreamCore::Queue(grpc::ByteBuffer buffer) {
  const size_t size = buffer.Length();
  const auto& config = method_.guard.config();
  const std::lock_guard lock(mu_);
  if (done_ || finished_ || broken_ || final_status_) return false;
  const bool idle = pending_.empty() && !writing_;
  if (!idle && (pending_.size() >= config.stream_queue_messages || pending_bytes_ + size > config.stream_queue_bytes)) {
    refused_write_ = true;
    return false;
  }
  if (idle) last_progress_ = std::chrono::steady_clock::now();
  pending_.push_back(std::move(buffer));
  pending_bytes_ += size;
  if (writing_ || !WriteBatch::Take(*this)) IssueLocked();
  return true;
}

void StreamCore::Issue() {
  const std::lock_guard lock(mu_);
  if (!done_) IssueLocked();
}

void StreamCore::FinishWith(const google::protobuf::MessageLite& message) {
  const std::lock_guard lock(mu_);
  if (done_ || finished_ || broken_ || final_status_) return;
  pending_.push_back(SerializeToBuffer(message));
  pending_bytes_ += pending_.back().Length();
  final_status_ = absl::OkStatus();
  IssueLocked();
}

void StreamCore::Finish(const absl::Status& status) {
  const std::lock_guard lock(mu_);
  if (done_ || finished_ || final_status_) return;
  final_status_ = status;
  cancel_at_ = std::chrono::steady_clock::now() + kLastWords;
  IssueLocked();
}

void StreamCore::SetOnMessage(std::function<void(const google::protobuf::Message&)> on_message,
                              std::function<void()> on_end) {
  const std::lock_guard lock(mu_);
  on_message_ = std::move(on_message);
  on_half_close_ = std::move(on_end);
}

void StreamCore::SetOnRaw(std::function<void(const grpc::ByteBuffer&)> on_raw, std::function<void()> on_end) {
  const std::lock_guard lock(mu_);
  on_raw_ = std::move(on_raw);
  on_half_close_ = std::move(on_end);
}

void StreamCore::SetOnDrained(std::function<void()> callback) {
  const std::lock_guard lock(mu_);
  on_drained_ = std::move(callback);
}

void StreamCore::SetOnWritable(std::function<void()> callback) {
  const std::lock_guard lock(mu_);
  on_writable_ = std::move(callback);
}

void StreamCore::SetOnEnd(std::function<void()> callback) {
  {
    const std::lock_guard lock(mu_);
    if (!end_told_) {
      on_end_ = std::move(callback);
      return;
    }
  }
  callback();
}

void StreamCore::Hold(bool hold) {
  const std::lock_guard lock(mu_);
  hold_ = hold;
  if (!hold_ && read_wanted_) ReadLocked();
}

void StreamCore::IssueLocked() {
  if (finished_ || writing_ || (confirming_ && !grace_)) return;
  if (broken_) {
    pending_.clear();
    pending_bytes_ = 0;
  }
  if (!pending_.empty()) {
    outgoing_ = std::move(pending_.front());
    pending_.pop_front();
    pending_bytes_ -= outgoing_.Length();
    writing_ = true;
    spoken_ = true;
    rpc_->stream.Write(outgoing_, write_event_.tag());
    return;
  }
  if (broken_ || final_status_) FinishLocked();
}

void StreamCore::FinishLocked() {
  finished_ = true;
  spoken_ = true;
  if (!final_status_) {
    final_status_ = Refusal(absl::StatusCode::kCancelled, "CALLER_GONE", "the caller cancelled or is gone");
  }
  rpc_->stream.Finish(ToGrpc(*final_status_), finish_event_.tag());
}

void StreamCore::ReadLocked() {
  if (reading_ || finished_ || final_status_) return;
  if (hold_) {
    read_wanted_ = true;
    return;
  }
  read_wanted_ = false;
  reading_ = true;
  incoming_.Clear();
  rpc_->stream.Read(&incoming_, read_event_.tag());
}

void StreamCore::ReadDone(bool ok) {
  const auto self = shared_from_this();
  grpc::ByteBuffer bytes;
  {
    const std::lock_guard lock(mu_);
    reading_ = false;  // before the strand hears of it: it reads the next one
    if (ok) {
      bytes.Swap(&incoming_);
    } else {
      ConfirmHalfCloseLocked();
    }
  }
  if (ok) Enqueue([this, bytes] { TakeMessage(bytes); });
  MaybeDone(std::unique_lock(mu_));
}

// No more messages: the caller has said all, or he is gone, which gRPC tells by another event and maybe later. Who took
// the second for the first would keep half an upload as a whole one. Sending the initial metadata fails when he is
// gone; once they are sent only time tells.
void StreamCore::ConfirmHalfCloseLocked() {
  if (finished_ || broken_ || final_status_) return;
  confirming_ = true;
  if (!std::exchange(spoken_, true)) {
    rpc_->stream.SendInitialMetadata(half_closed_event_.tag());
  } else {
    grace_.emplace().Set(method_.source->queue().queue(), std::chrono::system_clock::now() + kGrace,
                         half_closed_event_.tag());
  }
}

void StreamCore::HalfClosed(bool ok) {
  const auto self = shared_from_this();
  {
    const std::lock_guard lock(mu_);
    confirming_ = false;
    if (!ok) broken_ = true;
    IssueLocked();
  }
  if (ok) Enqueue([this] { TakeHalfClose(); });
  MaybeDone(std::unique_lock(mu_));
}

void StreamCore::WriteDone(bool ok) {
  const auto self = shared_from_this();
  std::unique_lock lock(mu_);
  writing_ = false;
  outgoing_.Clear();
  if (!ok) broken_ = true;
  last_progress_ = std::chrono::steady_clock::now();
  IssueLocked();
  const auto& config = method_.guard.config();
  const bool writable = refused_write_ && !broken_ && pending_.size() <= config.stream_queue_messages / 2 &&
                        pending_bytes_ <= config.stream_queue_bytes / 2;
  if (writable) refused_write_ = false;
  const bool drained = on_drained_ && !writing_ && !broken_;
  MaybeDone(std::move(lock));
  if (drained) {
    Enqueue([this] {
      std::function<void()> callback;
      {
        const std::lock_guard lock(mu_);
        callback = on_drained_;
      }
      if (callback) callback();
    });
  }
  if (!writable) return;
  Enqueue([this] {
    std::function<void()> callback;
    {
      const std::lock_guard lock(mu_);
      callback = on_writable_;
    }
    if (callback) callback();
  });
}

void StreamCore::FinishDone(bool) {
  const auto self = shared_from_this();
  std::unique_lock lock(mu_);
  finish_done_ = true;
  MaybeDone(std::move(lock));
}

// The call is over for the caller: answered, cancelled or the connection is gone.
void StreamCore::Ended(bool) {
  const auto self = shared_from_this();
  ended_.store(true, std::memory_order_release);
  std::unique_lock lock(mu_);
  ended_done_ = true;
  if (!begun_) return;  // a caller who cancels at once; Begin goes on from here
  if (!finished_) {
    broken_ = true;
    IssueLocked();
  }
  MaybeDone(std::move(lock));
}

// Lets go of gRPC once nothing of it is outstanding. Takes the lock over.
void StreamCore::MaybeDone(std::unique_lock<std::mutex> lock) {
  if (done_ || !finish_done_ || !ended_done_ || reading_ || writing_ || confirming_) return;
  done_ = true;
  pending_.clear();
  pending_bytes_ = 0;
  const auto self = std::move(self_);
  const auto rpc = std::move(rpc_);
  const bool entered = entered_;
  lock.unlock();
  if (entered) method_.guard.LeaveStream(self);
  Enqueue([this] { TakeEnd(); });
}

void StreamCore::Tick(SteadyPoint steady_now, TimePoint now) {
  bool slow = false;
  {
    const std::lock_guard lock(mu_);
    if (done_) return;
    if (cancel_at_ && steady_now >= *cancel_at_) {
      cancel_at_.reset();
      rpc_->context.TryCancel();
      return;
    }
    if (finished_ || final_status_) return;
    const auto& config = method_.guard.config();
    slow = writing_ && steady_now - last_progress_ > config.reader_silence;
    if (now >= token_expires_) {
      final_status_ = Refusal(absl::StatusCode::kUnauthenticated, "TOKEN_EXPIRED", "the token has expired");
    } else if (!started_ && steady_now - opened_ > config.first_message_timeout) {
      final_status_ = Refusal(absl::StatusCode::kDeadlineExceeded, "NO_MESSAGE", "no message came on the stream");
    } else if (slow) {
      final_status_ = Refusal(absl::StatusCode::kResourceExhausted, "READER_TOO_SLOW",
                              "the reader took nothing for too long; open the stream again");
    } else {
      return;
    }
    // Said at once, past what is queued. A message that gRPC holds already stays in front of it, so if the reader
    // still takes nothing the call is cut a little later.
    pending_.clear();
    pending_bytes_ = 0;
    cancel_at_ = steady_now + kLastWords;
    FinishLocked();
  }
  if (!slow) return;
  method_.guard.log().Info("stream_reader_too_slow", {{"rpc_service", method_.service},
                                                      {"rpc_method", method_.name},
                                                      {"tenant", call_.principal->tenant().value},
                                                      {"subject", call_.principal->subject},
                                                      {"request_id", call_.propagation.request_id}});
}

void StreamCore::Enqueue(std::function<void()> task) {
  {
    const std::lock_guard lock(mu_);
    strand_.push_back(std::move(task));
    if (strand_running_) return;
    strand_running_ = true;
  }
  method_.guard.stream_pool().Run([self = shared_from_this()] { self->RunStrand(); });
}

void StreamCore::RunStrand() {
  const tracing::Scope scope(call_.propagation.trace, call_.propagation.request_id);
  while (true) {
    std::function<void()> task;
    {
      const std::lock_guard lock(mu_);
      if (strand_.empty()) {
        strand_running_ = false;
        return;
      }
      task = std::move(strand_.front());
      strand_.pop_front();
    }
    const auto status = Contained([&task] {
      task();
      return absl::OkStatus();
    });
    if (!status.ok()) Finish(status);
  }
}

void StreamCore::TakeRaw(const grpc::ByteBuffer& bytes) {
  if (const auto status = method_.guard.CheckSize(bytes); !status.ok()) return Finish(status);
  if (!started_) {
    started_ = true;
    ForwardStream(method_, shared_from_this(), headers_);
    opening_->End();
  }
  std::function<void(const grpc::ByteBuffer&)> on_raw;
  {
    const std::lock_guard lock(mu_);
    on_raw = on_raw_;
  }
  if (on_raw) on_raw(bytes);
  if (method_.method.kind == Methods::Kind::kServerStream) return;
  const std::lock_guard lock(mu_);
  ReadLocked();
}

void StreamCore::TakeMessage(const grpc::ByteBuffer& bytes) {
  if (closed()) return;
  if (method_.forward != nullptr) return TakeRaw(bytes);
  if (message_ == nullptr) message_.reset(method_.method.request->New());
  const auto position = started_ ? Policy::Position::kLater : Policy::Position::kFirst;
  if (const auto status = method_.guard.Examine(method_, bytes, *call_.principal, position, *message_); !status.ok()) {
    return Finish(status);
  }
  if (!started_) {
    started_ = true;
    method_.method.stream(*message_, shared_from_this());
    opening_->End();
  }
  if (method_.method.kind == Methods::Kind::kServerStream) return;
  std::function<void(const google::protobuf::Message&)> on_message;
  {
    const std::lock_guard lock(mu_);
    on_message = on_message_;
  }
  if (on_message) on_message(*message_);
  const std::lock_guard lock(mu_);
  ReadLocked();
}

void StreamCore::TakeHalfClose() {
  if (closed()) return;
  if (!started_) {
    return Finish(Refusal(absl::StatusCode::kInvalidArgument, "NO_MESSAGE", "the stream was closed without a message"));
  }
  std::function<void()> on_half_close;
  {
    const std::lock_guard lock(mu_);
    on_half_close = on_half_close_;
  }
  if (on_half_close) on_half_close();
}

void StreamCore::TakeEnd() {
  // Declared first, so that it is told when the handler's callbacks are gone too.
  struct Ended {
    Guard::State& guard;
    ~Ended() { guard.StreamEnded(); }
  } const ended{method_.guard};
  std::function<void()> on_end;
  std::function<void()> on_half_close;
  std::function<void()> on_writable;
  std::function<void(const google::protobuf::Message&)> on_message;
  std::function<void(const grpc::ByteBuffer&)> on_raw;
  std::function<void()> on_drained;
  absl::Status status;
  {
    const std::lock_guard lock(mu_);
    end_told_ = true;
    on_end.swap(on_end_);
    // Moved out, to be destroyed without the lock: they may hold the stream, or the last reference to anything.
    on_half_close.swap(on_half_close_);
    on_writable.swap(on_writable_);
    on_message.swap(on_message_);
    on_raw.swap(on_raw_);
    on_drained.swap(on_drained_);
    if (final_status_) status = *final_status_;
  }
  method_.guard.Report(method_, call_, status, std::chrono::steady_clock::now() - opened_);
  if (on_end) on_end();
}

}  // namespace crosspoint::grpcx
