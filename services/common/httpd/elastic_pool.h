#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

namespace crosspoint::httpd_internal {

// Threads that come when work waits, up to `max_threads`, and leave after `kIdle` without work, so that a server with
// room for hundreds of streams costs nothing while nobody listens. Thread-safe.
class ElasticPool {
 public:
  explicit ElasticPool(int max_threads) : max_threads_(max_threads) {}
  ~ElasticPool() { Drain(); }
  ElasticPool(const ElasticPool&) = delete;
  ElasticPool& operator=(const ElasticPool&) = delete;

  void Enqueue(std::function<void()> work);
  // Runs what is queued and joins every thread; Enqueue must not be called any more.
  void Drain();

 private:
  static constexpr std::chrono::seconds kIdle{5};
  void Run(std::list<std::thread>::iterator self);

  const int max_threads_;
  std::mutex mu_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;  // guarded by mu_
  std::list<std::thread> threads_;           // guarded by mu_
  std::list<std::thread> finished_;          // guarded by mu_; ended, waiting to be joined
  int idle_ = 0;                             // guarded by mu_
  bool draining_ = false;                    // guarded by mu_
};

}  // namespace crosspoint::httpd_internal
