#pragma once

#include <utility>

#include "common/tracing/tracing.h"
#include "meeting_sync/app/ports.h"

namespace crosspoint::meeting_sync {

// Gives every task a trace and a request id of its own, so that what it asks of Exchange, writes into the outbox and
// logs can be followed to presence.
class TracedTasks final : public TaskRunner {
 public:
  explicit TracedTasks(TaskRunner& tasks) : tasks_(tasks) {}

  void Post(std::function<void()> task) override { tasks_.Post(Traced(std::move(task))); }
  void PostAfter(std::chrono::milliseconds delay, std::function<void()> task) override {
    tasks_.PostAfter(delay, Traced(std::move(task)));
  }
  std::chrono::steady_clock::time_point Now() const override { return tasks_.Now(); }

 private:
  static std::function<void()> Traced(std::function<void()> task) {
    return [task = std::move(task)] {
      const tracing::Scope scope(tracing::Accept(""), tracing::NewRequestId());
      task();
    };
  }

  TaskRunner& tasks_;
};

}  // namespace crosspoint::meeting_sync
