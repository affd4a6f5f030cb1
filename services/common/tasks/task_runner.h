#pragma once

#include <chrono>
#include <functional>

namespace crosspoint {

// Runs work on a few threads, now or later. Thread-safe.
class TaskRunner {
 public:
  virtual ~TaskRunner() = default;
  virtual void Post(std::function<void()> task) = 0;
  virtual void PostAfter(std::chrono::milliseconds delay, std::function<void()> task) = 0;
  virtual std::chrono::steady_clock::time_point Now() const = 0;
};

}  // namespace crosspoint
