#include "common/grpcx/worker_pool.h"

#include <chrono>
#include <thread>
#include <utility>

namespace crosspoint::grpcx {

WorkerPool::WorkerPool(size_t max_threads) : max_threads_(max_threads) {}
WorkerPool::~WorkerPool() { Close(); }

void WorkerPool::Run(std::function<void()> task) {
  std::unique_lock lock(mu_);
  if (closed_) {
    lock.unlock();
    task();
    return;
  }
  tasks_.push_back(std::move(task));
  if (idle_ >= tasks_.size() || threads_ >= max_threads_) {
    wake_.notify_one();
    return;
  }
  ++threads_;
  // Detached because threads come and go; Close waits until the last has left Work.
  std::thread([this] { Work(); }).detach();
}

void WorkerPool::Close() {
  std::unique_lock lock(mu_);
  closed_ = true;
  wake_.notify_all();
  ended_.wait(lock, [this] { return threads_ == 0; });
}

void WorkerPool::Work() {
  std::unique_lock lock(mu_);
  while (true) {
    if (tasks_.empty() && !closed_) {
      ++idle_;
      wake_.wait_for(lock, std::chrono::seconds(10), [this] { return !tasks_.empty() || closed_; });
      --idle_;
    }
    if (tasks_.empty()) break;
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    task = nullptr;  // what it holds goes before the next wait
    lock.lock();
  }
  --threads_;
  // Under the lock: once Close sees zero the pool may be gone.
  if (threads_ == 0) ended_.notify_all();
}

}  // namespace crosspoint::grpcx
