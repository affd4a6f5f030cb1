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

// The one completion queue of a server and the threads that work on it. Some watch the queue and run what comes from
// it; whatever may wait gives up its watch before, so that no call holds up another. Up to `max_threads` at work. While
// nothing waits a thread watches for every two processors.
class CallQueue {
 public:
  CallQueue(std::unique_ptr<grpc::ServerCompletionQueue> queue, size_t max_threads);
  ~CallQueue();  // after the server has shut down
  CallQueue(const CallQueue&) = delete;
  CallQueue& operator=(const CallQueue&) = delete;

  grpc::ServerCompletionQueue* queue() { return queue_.get(); }

  // To be called by an event before it waits for anything or takes long. Does nothing on other threads.
  static void MayWait();

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
  void AddWatch();
  void Work();
  bool KeepOrPark();
  bool GiveUpSurplus();

  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  const size_t max_threads_;
  const size_t steady_;
  std::atomic<int> places_{0};
  std::atomic<size_t> watching_{0};  // threads in the queue or running what does not wait
  std::mutex mu_;
  std::condition_variable offer_;
  std::condition_variable ended_;
  size_t threads_ = 0;   // guarded by mu_
  size_t parked_ = 0;    // guarded by mu_; threads without anything to do
  size_t offered_ = 0;   // guarded by mu_; watches that parked threads are to take
  bool closed_ = false;  // guarded by mu_
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
