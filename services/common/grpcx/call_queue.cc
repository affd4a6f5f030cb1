#include "common/grpcx/call_queue.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace crosspoint::grpcx {
namespace {

// Threads at the queue while calls wait. gRPC hands its polling on with every event, preferably to one that waits at
// the same queue.
constexpr size_t kMaxWatching = 4;
// A thread that had so many events in a row without a wait is not needed to stand in for others: threads that share a
// queue only get in each other's way inside gRPC, which costs as much as a call.
constexpr int kUndisturbed = 64;
// Threads kept for the next calls that wait; more end.
constexpr size_t kMaxParked = 8;

// What the thread works for, and whether it has a watch there.
thread_local CallQueue* working_for = nullptr;
thread_local bool has_watch = false;
thread_local int undisturbed = 0;  // events since the last wait

// Threads at the queue while no call waits.
size_t SteadyWatches() { return std::clamp<size_t>(std::thread::hardware_concurrency() / 2, 1, kMaxWatching); }

}  // namespace

CallQueue::CallQueue(std::unique_ptr<grpc::ServerCompletionQueue> queue, size_t max_threads)
    : queue_(std::move(queue)), max_threads_(max_threads), steady_(SteadyWatches()) {
  for (size_t i = 0; i < steady_; ++i) AddWatch();
}

CallQueue::~CallQueue() {
  while (places_.load(std::memory_order_acquire) > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  queue_->Shutdown();
  std::unique_lock lock(mu_);
  closed_ = true;
  offer_.notify_all();
  ended_.wait(lock, [this] { return threads_ == 0; });
}

void CallQueue::MayWait() {
  undisturbed = 0;
  if (working_for == nullptr || !has_watch) return;
  has_watch = false;
  if (working_for->watching_.fetch_sub(1) == 1) working_for->AddWatch();
}

// One more thread at the queue, when there is one to be had; else whoever is done with its call takes the watch.
void CallQueue::AddWatch() {
  const std::lock_guard lock(mu_);
  if (parked_ > offered_) {
    ++offered_;
    ++watching_;
    offer_.notify_one();
  } else if (threads_ < max_threads_) {
    ++threads_;
    ++watching_;
    // Detached because threads come and go; the destructor waits until the last has left.
    std::thread([this] { Work(); }).detach();
  }
}

void CallQueue::Work() {
  working_for = this;
  has_watch = true;
  void* tag = nullptr;
  bool ok = false;
  while (KeepOrPark() && queue_->Next(&tag, &ok)) static_cast<CallEvent*>(tag)->Complete(ok);
  const std::lock_guard lock(mu_);
  if (--threads_ == 0) ended_.notify_all();
}

// Whether this thread's watch was one too many, and is given up.
bool CallQueue::GiveUpSurplus() {
  undisturbed = 0;
  size_t watching = watching_;
  while (watching > steady_) {
    if (watching_.compare_exchange_weak(watching, watching - 1)) {
      has_watch = false;
      return true;
    }
  }
  return false;
}

// True with a watch, which the thread kept, took or waited for; false when it is to end.
bool CallQueue::KeepOrPark() {
  if (has_watch) {
    if (++undisturbed < kUndisturbed || !GiveUpSurplus()) return true;
  } else {
    if (watching_.fetch_add(1) < kMaxWatching) return has_watch = true;
    watching_.fetch_sub(1);
  }
  std::unique_lock lock(mu_);
  // Those that watched until now may have given it up between the two lines above, when none was parked.
  if (watching_ == 0) {
    ++watching_;
    return has_watch = true;
  }
  if (parked_ < kMaxParked && !closed_) {
    ++parked_;
    offer_.wait(lock, [this] { return offered_ > 0 || closed_; });
    --parked_;
    if (offered_ > 0) {
      --offered_;
      return has_watch = true;
    }
  }
  return false;
}

}  // namespace crosspoint::grpcx
