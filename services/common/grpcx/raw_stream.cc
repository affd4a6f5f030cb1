#include "common/grpcx/raw_stream.h"

#include <utility>

namespace crosspoint::grpcx {

std::shared_ptr<RawStream> RawStream::Start(grpc::GenericStub& stub, const std::string& path,
                                            std::unique_ptr<grpc::ClientContext> context, grpc::CompletionQueue* queue,
                                            std::shared_ptr<void> place, Events events) {
  std::shared_ptr<RawStream> stream(new RawStream(std::move(context), std::move(place), std::move(events)));
  const std::lock_guard lock(stream->mu_);
  stream->self_ = stream;
  stream->call_ = stub.PrepareCall(stream->context_.get(), path, queue);
  stream->call_->StartCall(stream->started_event_.tag());
  return stream;
}

void RawStream::Write(grpc::ByteBuffer message) {
  const std::lock_guard lock(mu_);
  if (over_ || write_failed_ || writes_done_wanted_) return;
  pending_.push_back(std::move(message));
  WriteLocked();
}

void RawStream::WritesDone() {
  const std::lock_guard lock(mu_);
  if (over_ || writes_done_wanted_) return;
  writes_done_wanted_ = true;
  WriteLocked();
}

void RawStream::ReadNext() {
  const std::lock_guard lock(mu_);
  read_wanted_ = true;
  ReadLocked();
}

void RawStream::Cancel() {
  const std::lock_guard lock(mu_);
  if (over_) return;
  over_ = true;
  pending_.clear();
  context_->TryCancel();
  if (started_ && !reading_ && !writing_) FinishLocked();
}

void RawStream::WriteLocked() {
  if (!started_ || writing_ || over_ || write_failed_) return;
  if (!pending_.empty()) {
    outgoing_ = std::move(pending_.front());
    pending_.pop_front();
    writing_ = true;
    call_->Write(outgoing_, write_event_.tag());
  } else if (writes_done_wanted_ && !writes_done_) {
    writes_done_ = true;
    closing_writes_ = true;
    writing_ = true;
    call_->WritesDone(write_event_.tag());
  }
}

void RawStream::ReadLocked() {
  if (!started_ || reading_ || over_ || !read_wanted_) return;
  read_wanted_ = false;
  reading_ = true;
  call_->Read(&incoming_, read_event_.tag());
}

void RawStream::FinishLocked() {
  if (finishing_) return;
  finishing_ = true;
  call_->Finish(&status_, finished_event_.tag());
}

void RawStream::Started(bool ok) {
  const auto self = shared_from_this();  // outlives the lock
  const std::lock_guard lock(mu_);
  started_ = true;
  if (!ok) over_ = true;
  if (over_) return FinishLocked();
  WriteLocked();
  ReadLocked();
}

void RawStream::WriteDone(bool ok) {
  const auto self = shared_from_this();
  bool tell = false;
  {
    const std::lock_guard lock(mu_);
    writing_ = false;
    outgoing_.Clear();
    tell = ok && !closing_writes_ && !over_;
    closing_writes_ = false;
    if (!ok) write_failed_ = true;  // the call is over; the next read says so
    if (over_) {
      if (!reading_) FinishLocked();
    } else {
      WriteLocked();
    }
  }
  if (tell && events_.on_written) events_.on_written();
  if (ok) return;
  // Nobody may be reading just now, and the end must be noticed.
  const std::lock_guard lock(mu_);
  read_wanted_ = true;
  ReadLocked();
}

void RawStream::ReadDone(bool ok) {
  const auto self = shared_from_this();
  grpc::ByteBuffer message;
  {
    const std::lock_guard lock(mu_);
    reading_ = false;
    if (!ok) over_ = true;
    if (over_) {
      if (!writing_) FinishLocked();
      return;
    }
    message.Swap(&incoming_);
  }
  events_.on_message(std::move(message));
  const std::lock_guard lock(mu_);
  ReadLocked();
}

void RawStream::Finished(bool) {
  std::shared_ptr<RawStream> self;
  {
    const std::lock_guard lock(mu_);
    self = std::move(self_);
  }
  const auto on_end = std::move(events_.on_end);
  events_ = {};  // they may hold the stream's owner
  if (on_end) on_end(status_);
}

}  // namespace crosspoint::grpcx
