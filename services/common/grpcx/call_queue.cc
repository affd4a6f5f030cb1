#include "common/grpcx/call_queue.h"

#include <chrono>
#include <thread>
#include <utility>

namespace crosspoint::grpcx {
namespace {

// More waiting threads than this leave. Some slack, so that threads do not come and go with every burst.
constexpr int kMaxWaiting = 4;

}  // namespace

CallQueue::CallQueue(std::unique_ptr<grpc::ServerCompletionQueue> queue, size_t max_threads)
    : queue_(std::move(queue)), max_threads_(max_threads) {
  AddThread();
}

CallQueue::~CallQueue() {
  while (places_.load(std::memory_order_acquire) > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  queue_->Shutdown();
  std::unique_lock lock(mu_);
  ended_.wait(lock, [this] { return threads_ == 0; });
}

void CallQueue::AddThread() {
  {
    const std::lock_guard lock(mu_);
    if (threads_ >= max_threads_) return;
    ++threads_;
  }
  // Detached because threads come and go; the destructor waits until the last has left.
  std::thread([this] { Work(); }).detach();
}

void CallQueue::Work() {
  while (true) {
    waiting_.fetch_add(1, std::memory_order_relaxed);
    void* tag = nullptr;
    bool ok = false;
    const bool open = queue_->Next(&tag, &ok);
    const bool last = waiting_.fetch_sub(1, std::memory_order_relaxed) == 1;
    if (!open) break;
    if (last) AddThread();
    static_cast<CallEvent*>(tag)->Complete(ok);
    if (waiting_.load(std::memory_order_relaxed) >= kMaxWaiting) break;
  }
  const std::lock_guard lock(mu_);
  if (--threads_ == 0) ended_.notify_all();
}

}  // namespace crosspoint::grpcx
