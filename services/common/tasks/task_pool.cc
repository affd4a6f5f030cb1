#include "common/tasks/task_pool.h"

#include <utility>

namespace crosspoint {

TaskPool::TaskPool(int threads) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

TaskPool::~TaskPool() { Stop(); }

void TaskPool::PostAfter(std::chrono::milliseconds delay, std::function<void()> task) {
  const std::lock_guard lock(mu_);
  if (stopped_) return;
  tasks_.emplace(Now() + delay, std::move(task));
  changed_.notify_one();
}

void TaskPool::Stop() {
  decltype(tasks_) dropped;
  {
    const std::lock_guard lock(mu_);
    stopped_ = true;
    dropped.swap(tasks_);
  }
  changed_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void TaskPool::Work() {
  std::unique_lock lock(mu_);
  while (!stopped_) {
    if (tasks_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto due = tasks_.begin()->first;
    if (due > Now()) {
      changed_.wait_until(lock, due);
      continue;
    }
    auto task = std::move(tasks_.begin()->second);
    tasks_.erase(tasks_.begin());
    lock.unlock();
    task();
    task = nullptr;  // what it holds must not be destroyed under the lock
    lock.lock();
  }
}

}  // namespace crosspoint
