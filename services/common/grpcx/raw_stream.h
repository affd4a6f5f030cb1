#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "common/grpcx/call_queue.h"

namespace crosspoint::grpcx {

// A streaming call to another service with messages as bytes, of any kind. Reads only when asked to, so the callee is
// slowed down by whoever takes the messages. Events come on the threads of the queue, one at a time per kind, never
// under a lock; on_end is the last of all, exactly once. Holds itself until then. Thread-safe.
class RawStream final : public std::enable_shared_from_this<RawStream> {
 public:
  struct Events {
    std::function<void(grpc::ByteBuffer)> on_message;  // after ReadNext
    std::function<void()> on_written;                  // a message is on its way
    std::function<void(const grpc::Status&)> on_end;
  };

  // `queue`'s tags must be CallEvents; `place` is kept until gRPC is done with the call.
  static std::shared_ptr<RawStream> Start(grpc::GenericStub& stub, const std::string& path,
                                          std::unique_ptr<grpc::ClientContext> context, grpc::CompletionQueue* queue,
                                          std::shared_ptr<void> place, Events events);

  void Write(grpc::ByteBuffer message);
  void WritesDone();  // after what was written
  void ReadNext();    // one message more
  void Cancel();

 private:
  RawStream(std::unique_ptr<grpc::ClientContext> context, std::shared_ptr<void> place, Events events)
      : place_(std::move(place)), context_(std::move(context)), events_(std::move(events)) {}

  void Started(bool ok);
  void WriteDone(bool ok);
  void ReadDone(bool ok);
  void Finished(bool ok);
  void WriteLocked();
  void ReadLocked();
  void FinishLocked();

  const std::shared_ptr<void> place_;  // whatever keeps the queue; first, so it goes last
  const std::unique_ptr<grpc::ClientContext> context_;
  Events events_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  grpc::ByteBuffer incoming_;
  grpc::ByteBuffer outgoing_;
  grpc::Status status_;

  std::mutex mu_;
  std::shared_ptr<RawStream> self_;       // guarded by mu_; until on_end
  std::deque<grpc::ByteBuffer> pending_;  // guarded by mu_
  bool started_ = false;                  // guarded by mu_
  bool writing_ = false;                  // guarded by mu_
  bool write_failed_ = false;             // guarded by mu_
  bool writes_done_wanted_ = false;       // guarded by mu_
  bool writes_done_ = false;              // guarded by mu_
  bool closing_writes_ = false;           // guarded by mu_; the write in flight is WritesDone
  bool reading_ = false;                  // guarded by mu_
  bool read_wanted_ = false;              // guarded by mu_
  bool finishing_ = false;                // guarded by mu_
  bool over_ = false;                     // guarded by mu_; no more messages will come

  OwnedEvent<RawStream> started_event_{this, &RawStream::Started};
  OwnedEvent<RawStream> write_event_{this, &RawStream::WriteDone};
  OwnedEvent<RawStream> read_event_{this, &RawStream::ReadDone};
  OwnedEvent<RawStream> finished_event_{this, &RawStream::Finished};
};

}  // namespace crosspoint::grpcx
