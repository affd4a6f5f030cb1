#pragma once

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "common/grpcx/guard_state.h"
#include "common/grpcx/stream.h"

namespace crosspoint::grpcx {

// gRPC's side and the handler's side of one stream, of any kind: all are served as bidirectional ones. Holds itself
// until gRPC is done with it. Every operation is handed to gRPC under mu_, which keeps them ordered with the end of the
// call; gRPC 1.51 never runs a reaction inside the call that starts the operation. Handler code runs on the strand: one
// task after another on the stream pool.
class StreamCore final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                         public std::enable_shared_from_this<StreamCore> {
 public:
  // For gRPC: a new call of `method`.
  static StreamCore* Open(GuardedMethod& method, grpc::CallbackServerContext* context);

  StreamCore(GuardedMethod& method, grpc::CallbackServerContext* context) : method_(method), context_(context) {}

  const Call& call() const { return call_; }
  bool closed() const;
  size_t queued() const;
  bool Write(const google::protobuf::MessageLite& message);
  bool Write(const Frame& frame);
  void FinishWith(const google::protobuf::MessageLite& message);
  // Hides grpc's, which callers must not use directly.
  void Finish(const absl::Status& status);
  void SetOnMessage(std::function<void(const google::protobuf::Message&)> on_message, std::function<void()> on_end);
  void SetOnWritable(std::function<void()> callback);
  void SetOnEnd(std::function<void()> callback);
  void Hold(bool hold);
  // From the ticker: ends what is overdue.
  void Tick(std::chrono::steady_clock::time_point steady_now, TimePoint now);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  using SteadyPoint = std::chrono::steady_clock::time_point;

  void Begin();
  bool Queue(grpc::ByteBuffer buffer);
  void IssueLocked();
  void FinishLocked();
  void ReadLocked();
  void Enqueue(std::function<void()> task);
  void RunStrand();
  void TakeMessage(const grpc::ByteBuffer& bytes);
  void TakeHalfClose();
  void TakeEnd();

  GuardedMethod& method_;
  Call call_;
  std::string traceparent_;
  TimePoint token_expires_ = TimePoint::max();
  SteadyPoint opened_ = std::chrono::steady_clock::now();
  std::atomic<bool> ended_{false};

  mutable std::mutex mu_;
  std::shared_ptr<StreamCore> self_;          // guarded by mu_; until OnDone
  grpc::CallbackServerContext* context_;      // guarded by mu_; null after OnDone
  std::deque<grpc::ByteBuffer> pending_;      // guarded by mu_
  size_t pending_bytes_ = 0;                  // guarded by mu_
  grpc::ByteBuffer outgoing_;                 // gRPC's while writing_
  grpc::ByteBuffer incoming_;                 // gRPC's while reading_
  bool writing_ = false;                      // guarded by mu_
  bool reading_ = false;                      // guarded by mu_
  bool read_wanted_ = false;                  // guarded by mu_; held back by hold_
  bool hold_ = false;                         // guarded by mu_
  bool broken_ = false;                       // guarded by mu_; cancelled or the connection lost
  bool refused_write_ = false;                // guarded by mu_; OnWritable is owed
  bool finished_ = false;                     // guarded by mu_; gRPC's Finish was called
  bool done_ = false;                         // guarded by mu_; OnDone has come
  std::optional<absl::Status> final_status_;  // guarded by mu_
  SteadyPoint last_progress_ = opened_;       // guarded by mu_; of writing
  std::optional<SteadyPoint> cancel_at_;      // guarded by mu_
  std::deque<std::function<void()>> strand_;  // guarded by mu_
  bool strand_running_ = false;               // guarded by mu_
  bool entered_ = false;                      // guarded by mu_; known to the Guard
  std::function<void(const google::protobuf::Message&)> on_message_;  // guarded by mu_
  std::function<void()> on_half_close_;                               // guarded by mu_
  std::function<void()> on_writable_;                                 // guarded by mu_
  std::function<void()> on_end_;                                      // guarded by mu_
  bool end_told_ = false;                                             // guarded by mu_

  // Of the strand alone.
  std::unique_ptr<google::protobuf::Message> message_;
  std::atomic<bool> started_{false};  // the handler was called; the ticker reads it
};

}  // namespace crosspoint::grpcx
