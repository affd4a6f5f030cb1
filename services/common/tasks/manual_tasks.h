#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "common/tasks/task_runner.h"

namespace crosspoint {

// For tests: runs tasks only when told, in the order of their times, on the caller's thread.
class ManualTasks final : public TaskRunner {
 public:
  void Post(std::function<void()> task) override { PostAfter(std::chrono::milliseconds{0}, std::move(task)); }
  void PostAfter(std::chrono::milliseconds delay, std::function<void()> task) override {
    tasks_.emplace(now_ + delay, std::move(task));
  }
  std::chrono::steady_clock::time_point Now() const override { return now_; }

  // Runs what is due, and what that posts to be run at once.
  void Run() { Advance(std::chrono::milliseconds{0}); }
  void Advance(std::chrono::milliseconds by) {
    const auto until = now_ + by;
    while (!tasks_.empty() && tasks_.begin()->first <= until) {
      auto node = tasks_.extract(tasks_.begin());
      now_ = std::max(now_, node.key());
      node.mapped()();
    }
    now_ = until;
  }
  // Time passes and nothing runs, as in a process that was frozen.
  void SkipAhead(std::chrono::milliseconds by) { now_ += by; }
  // How long until the next task; nullopt when there is none.
  std::optional<std::chrono::milliseconds> NextIn() const {
    if (tasks_.empty()) return std::nullopt;
    return std::chrono::duration_cast<std::chrono::milliseconds>(tasks_.begin()->first - now_);
  }
  // How many wait.
  size_t size() const { return tasks_.size(); }

 private:
  std::chrono::steady_clock::time_point now_{std::chrono::hours{1}};
  std::multimap<std::chrono::steady_clock::time_point, std::function<void()>> tasks_;
};

}  // namespace crosspoint
