#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "common/tasks/task_runner.h"

namespace crosspoint {

// A fixed number of threads for work that waits on mail servers and Redis: mailboxes share them, so thousands of
// mailboxes cost no thread each. Tasks due at the same time run in the order they were posted.
class TaskPool final : public TaskRunner {
 public:
  explicit TaskPool(int threads);
  ~TaskPool() override;  // Stop

  void Post(std::function<void()> task) override { PostAfter(std::chrono::milliseconds{0}, std::move(task)); }
  void PostAfter(std::chrono::milliseconds delay, std::function<void()> task) override;
  std::chrono::steady_clock::time_point Now() const override { return std::chrono::steady_clock::now(); }

  // Drops what waits, lets what runs end. Later posts are dropped. Idempotent.
  void Stop();

 private:
  void Work();

  std::mutex mu_;
  std::condition_variable changed_;
  std::multimap<std::chrono::steady_clock::time_point, std::function<void()>> tasks_;  // guarded by mu_
  bool stopped_ = false;                                                               // guarded by mu_
  std::vector<std::thread> threads_;
};

}  // namespace crosspoint
