#include "gateway/api/session_stream.h"

#include <chrono>
#include <utility>

#include "common/status/status.h"
#include "gateway/api/convert.h"

namespace crosspoint::gateway {
namespace {

// For the store, of what a program says on its stream.
Deadline Soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(5); }

class StreamSink final : public SessionSink {
 public:
  explicit StreamSink(std::shared_ptr<SessionStream::Downward> stream) : stream_(std::move(stream)) {}
  bool Write(int64_t number, const Event& event) override {
    v1::SessionEvent message;
    ToProto(number, event, message);
    return stream_->Write(message);
  }
  size_t Backlog() const override { return stream_->queued(); }
  void Finish(const absl::Status& status) override { stream_->Finish(status); }

 private:
  const std::shared_ptr<SessionStream::Downward> stream_;  // shared with gRPC's side
};

}  // namespace

void SessionStream::BeginConnection(SessionHub& hub, const std::shared_ptr<Connection>& stream) {
  const std::shared_ptr<SessionStream> self(new SessionStream(hub, stream));
  Attach(self);
  stream->OnMessage(
      [self](const v1::SessionMessage& message) {
        if (const auto status = self->Take(message); !status.ok()) self->stream_->Finish(status);
      },
      [self] { self->TakeHalfClose(); });
}

void SessionStream::BeginDownward(SessionHub& hub, const v1::Hello& hello, const std::shared_ptr<Downward>& stream) {
  const std::shared_ptr<SessionStream> self(new SessionStream(hub, stream));
  Attach(self);
  if (const auto status = self->Open(hello); !status.ok()) stream->Finish(status);
}

void SessionStream::Attach(const std::shared_ptr<SessionStream>& self) {
  self->stream_->OnWritable([self] {
    if (self->session_ != nullptr) self->session_->Writable();
  });
  self->stream_->OnEnd([self] {
    if (self->session_ != nullptr) self->hub_.Detach(self->session_);
  });
}

absl::Status SessionStream::Open(const v1::Hello& hello) {
  const auto& call = stream_->call();
  CROSSPOINT_ASSIGN_OR_RETURN(const auto wish, FromProto(hello, call));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto caller, CallerOf(call));
  CROSSPOINT_ASSIGN_OR_RETURN(session_, hub_.Open(wish, caller, std::make_shared<StreamSink>(stream_), Soon()));
  return absl::OkStatus();
}

absl::Status SessionStream::Take(const v1::SessionMessage& message) {
  if (session_ == nullptr) {
    if (!message.has_hello()) return InvalidField("message", "must be the hello first");
    return Open(message.hello());
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto said, FromProto(message));
  const auto taken = hub_.Take(*session_, said, Soon());
  // An outcome that nobody waits for any more is no reason to part.
  return std::holds_alternative<OutcomeMessage>(said) ? absl::OkStatus() : taken;
}

void SessionStream::TakeHalfClose() {
  if (session_ != nullptr) (void)hub_.Take(*session_, CloseMessage{}, Soon());
  stream_->Finish(absl::OkStatus());
}

}  // namespace crosspoint::gateway
