#pragma once

#include <grpcpp/completion_queue.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/async_unary_call.h>
#include <grpcpp/support/byte_buffer.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>

namespace crosspoint::grpcx {

// Something that gRPC finishes later: the tags of the queue.
class CallEvent {
 public:
  virtual void Complete(bool ok) = 0;

 protected:
  ~CallEvent() = default;
};

// An event that is a member function of its owner, and a member of it.
template <class Owner>
class OwnedEvent final : public CallEvent {
 public:
  OwnedEvent(Owner* owner, void (Owner::*complete)(bool)) : owner_(owner), complete_(complete) {}
  void Complete(bool ok) override { (owner_->*complete_)(ok); }  // may destroy this
  void* tag() { return static_cast<CallEvent*>(this); }

 private:
  Owner* const owner_;
  void (Owner::*const complete_)(bool);
};

// The one completion queue of a server and the threads that wait on it. The thread that reads a call from the socket
// also runs its handler, so at least one more is kept waiting while there is one to spare; up to `max_threads`.
class CallQueue {
 public:
  CallQueue(std::unique_ptr<grpc::ServerCompletionQueue> queue, size_t max_threads);
  ~CallQueue();  // after the server has shut down
  CallQueue(const CallQueue&) = delete;
  CallQueue& operator=(const CallQueue&) = delete;

  grpc::ServerCompletionQueue* queue() { return queue_.get(); }

  // Held by whatever may still hand something to the queue: a call from the request for it until gRPC is done with it,
  // however long its handler runs on after it was cut. The queue ends after the last.
  class Place {
   public:
    explicit Place(CallQueue& queue) : queue_(queue) { queue_.places_.fetch_add(1, std::memory_order_relaxed); }
    ~Place() { queue_.places_.fetch_sub(1, std::memory_order_release); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    CallQueue& queue_;
  };

 private:
  void AddThread();
  void Work();

  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  const size_t max_threads_;
  std::atomic<int> waiting_{0};
  std::atomic<int> places_{0};
  std::mutex mu_;
  std::condition_variable ended_;
  size_t threads_ = 0;  // guarded by mu_
};

// Where a method's next calls come from.
class CallSource {
 public:
  virtual CallQueue& queue() = 0;
  virtual void RequestUnary(int index, grpc::ServerContext* context, grpc::ByteBuffer* request,
                            grpc::ServerAsyncResponseWriter<grpc::ByteBuffer>* responder, void* tag) = 0;
  virtual void RequestStream(int index, grpc::ServerContext* context,
                             grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>* stream, void* tag) = 0;

 protected:
  ~CallSource() = default;
};

}  // namespace crosspoint::grpcx
