#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "absl/status/status.h"

namespace crosspoint::grpcx {

// Up to `max_threads` threads, started when there is work for them and ended after ten seconds without. Tasks start in
// the order they came. Thread-safe. The destructor runs what is queued and waits for it.
class WorkerPool {
 public:
  explicit WorkerPool(size_t max_threads);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void Run(std::function<void()> task);
  // Waits for all tasks and takes no more: later ones are run by the caller of Run.
  void Close();

 private:
  void Work();

  const size_t max_threads_;
  std::mutex mu_;
  std::condition_variable wake_;
  std::condition_variable ended_;
  std::deque<std::function<void()>> tasks_;  // guarded by mu_
  size_t threads_ = 0;                       // guarded by mu_
  size_t idle_ = 0;                          // guarded by mu_
  bool closed_ = false;                      // guarded by mu_
};

}  // namespace crosspoint::grpcx
