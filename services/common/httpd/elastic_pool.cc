#include "common/httpd/elastic_pool.h"

#include <utility>

namespace crosspoint::httpd_internal {

void ElasticPool::Enqueue(std::function<void()> work) {
  std::list<std::thread> finished;
  {
    std::lock_guard lock(mu_);
    finished.swap(finished_);
    queue_.push_back(std::move(work));
    if (idle_ < static_cast<int>(queue_.size()) && static_cast<int>(threads_.size()) < max_threads_) {
      const auto self = threads_.emplace(threads_.end());
      *self = std::thread([this, self] { Run(self); });
    }
  }
  wake_.notify_one();
  for (std::thread& thread : finished) thread.join();
}

void ElasticPool::Run(std::list<std::thread>::iterator self) {
  std::unique_lock lock(mu_);
  for (;;) {
    ++idle_;
    const bool woken = wake_.wait_for(lock, kIdle, [this] { return !queue_.empty() || draining_; });
    --idle_;
    if (!queue_.empty()) {
      auto work = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      work();
      work = nullptr;
      lock.lock();
    } else if (draining_ || !woken) {
      finished_.splice(finished_.end(), threads_, self);
      if (draining_) wake_.notify_all();
      return;
    }
  }
}

void ElasticPool::Drain() {
  std::list<std::thread> finished;
  {
    std::unique_lock lock(mu_);
    draining_ = true;
    wake_.notify_all();
    wake_.wait(lock, [this] { return threads_.empty(); });
    finished.swap(finished_);
  }
  for (std::thread& thread : finished) thread.join();
}

}  // namespace crosspoint::httpd_internal
