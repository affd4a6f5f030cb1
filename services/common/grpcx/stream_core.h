#pragma once

#include <grpcpp/alarm.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "common/grpcx/call_queue.h"
#include "common/grpcx/forward_state.h"
#include "common/grpcx/guard_state.h"
#include "common/grpcx/stream.h"
#include "common/tracing/open_span.h"

namespace crosspoint::grpcx {

// gRPC's side and the handler's side of one stream, of any kind: all are served as bidirectional ones. Holds itself
// until gRPC is done with it. Every operation is handed to gRPC under mu_, which keeps them in order; their ends come
// as events on the threads of the call queue, never from inside the call that starts them. Handler code runs on the
// strand: one task after another on the stream pool.
class StreamCore final : public std::enable_shared_from_this<StreamCore> {
 public:
  // Takes the calls of a streaming method, from now until the server shuts down.
  static void Accept(GuardedMethod& method);

  explicit StreamCore(GuardedMethod& method);

  const Call& call() const { return call_; }
  bool closed() const;
  size_t queued() const;
  bool Write(const google::protobuf::MessageLite& message);
  bool Write(const Frame& frame);
  // Hands gRPC what a batch has held back.
  void Issue();
  CallQueue& queue() const { return method_.source->queue(); }
  void FinishWith(const google::protobuf::MessageLite& message);
  void Finish(const absl::Status& status);
  void SetOnMessage(std::function<void(const google::protobuf::Message&)> on_message, std::function<void()> on_end);
  // Of forwarded streams, whose messages are bytes here.
  bool WriteRaw(grpc::ByteBuffer bytes) { return Queue(std::move(bytes)); }
  void SetOnRaw(std::function<void(const grpc::ByteBuffer&)> on_raw, std::function<void()> on_end);
  // Everything written has been handed to gRPC's transport.
  void SetOnDrained(std::function<void()> callback);
  void SetOnWritable(std::function<void()> callback);
  void SetOnEnd(std::function<void()> callback);
  void Hold(bool hold);
  // From the ticker: ends what is overdue.
  void Tick(std::chrono::steady_clock::time_point steady_now, TimePoint now);

 private:
  using SteadyPoint = std::chrono::steady_clock::time_point;

  // What gRPC needs of a call, for as long as it needs it.
  struct Rpc {
    explicit Rpc(CallQueue& queue) : place(queue) {}
    const CallQueue::Place place;  // first: goes last
    grpc::ServerContext context;
    grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer> stream{&context};
  };

  void Accepted(bool ok);
  void ReadDone(bool ok);
  void WriteDone(bool ok);
  void HalfClosed(bool ok);
  void FinishDone(bool ok);
  void Ended(bool ok);
  void Begin();
  void MaybeDone(std::unique_lock<std::mutex> lock);
  bool Queue(grpc::ByteBuffer buffer);
  void IssueLocked();
  void FinishLocked();
  void ReadLocked();
  void ConfirmHalfCloseLocked();
  void Enqueue(std::function<void()> task);
  void RunStrand();
  void TakeMessage(const grpc::ByteBuffer& bytes);
  void TakeRaw(const grpc::ByteBuffer& bytes);
  void TakeHalfClose();
  void TakeEnd();

  GuardedMethod& method_;
  Call call_;
  std::optional<tracing::OpenSpan> opening_;  // until the handler has the stream
  ForwardHeaders headers_;                    // of forwarded streams
  TimePoint token_expires_ = TimePoint::max();
  SteadyPoint opened_;
  std::atomic<bool> ended_{false};

  mutable std::mutex mu_;
  std::shared_ptr<StreamCore> self_;          // guarded by mu_; until gRPC is done
  std::unique_ptr<Rpc> rpc_;                  // guarded by mu_; null once gRPC is done
  std::deque<grpc::ByteBuffer> pending_;      // guarded by mu_
  size_t pending_bytes_ = 0;                  // guarded by mu_
  grpc::ByteBuffer outgoing_;                 // gRPC's while writing_
  grpc::ByteBuffer incoming_;                 // gRPC's while reading_
  bool begun_ = false;                        // guarded by mu_; until then gRPC's side is Begin's alone
  bool writing_ = false;                      // guarded by mu_
  bool reading_ = false;                      // guarded by mu_
  bool spoken_ = false;                       // guarded by mu_; the initial metadata was handed to gRPC
  bool confirming_ = false;                   // guarded by mu_; whether the half-close is one
  std::optional<grpc::Alarm> grace_;          // guarded by mu_
  bool read_wanted_ = false;                  // guarded by mu_; held back by hold_
  bool hold_ = false;                         // guarded by mu_
  bool broken_ = false;                       // guarded by mu_; cancelled or the connection lost
  bool refused_write_ = false;                // guarded by mu_; OnWritable is owed
  bool finished_ = false;                     // guarded by mu_; gRPC's Finish was called
  bool finish_done_ = false;                  // guarded by mu_
  bool ended_done_ = false;                   // guarded by mu_
  bool done_ = false;                         // guarded by mu_; gRPC is done
  std::optional<absl::Status> final_status_;  // guarded by mu_
  SteadyPoint last_progress_;                 // guarded by mu_; of writing
  std::optional<SteadyPoint> cancel_at_;      // guarded by mu_
  std::deque<std::function<void()>> strand_;  // guarded by mu_
  bool strand_running_ = false;               // guarded by mu_
  bool entered_ = false;                      // guarded by mu_; known to the Guard
  std::function<void(const google::protobuf::Message&)> on_message_;  // guarded by mu_
  std::function<void(const grpc::ByteBuffer&)> on_raw_;               // guarded by mu_
  std::function<void()> on_drained_;                                  // guarded by mu_
  std::function<void()> on_half_close_;                               // guarded by mu_
  std::function<void()> on_writable_;                                 // guarded by mu_
  std::function<void()> on_end_;                                      // guarded by mu_
  bool end_told_ = false;                                             // guarded by mu_

  OwnedEvent<StreamCore> accepted_event_{this, &StreamCore::Accepted};
  OwnedEvent<StreamCore> read_event_{this, &StreamCore::ReadDone};
  OwnedEvent<StreamCore> write_event_{this, &StreamCore::WriteDone};
  OwnedEvent<StreamCore> half_closed_event_{this, &StreamCore::HalfClosed};
  OwnedEvent<StreamCore> finish_event_{this, &StreamCore::FinishDone};
  OwnedEvent<StreamCore> ended_event_{this, &StreamCore::Ended};

  // Of the strand alone.
  std::unique_ptr<google::protobuf::Message> message_;
  std::atomic<bool> started_{false};  // the handler was called; the ticker reads it
};

}  // namespace crosspoint::grpcx
