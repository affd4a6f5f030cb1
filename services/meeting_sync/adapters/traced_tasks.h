#pragma once

#include <optional>
#include <string>
#include <utility>

#include "common/log/log.h"
#include "common/tracing/open_span.h"
#include "meeting_sync/app/ports.h"

namespace crosspoint::meeting_sync {

// Gives every task a step of a trace and a request id, so that what it asks of Exchange, writes into the outbox and
// logs can be followed to presence. Work that a call asks for belongs to the call's trace; what tasks ask for
// themselves, such as the next look at a mailbox, begins anew, or a trace would never end.
class TracedTasks final : public TaskRunner {
 public:
  explicit TracedTasks(TaskRunner& tasks) : tasks_(tasks) {}

  void Post(std::function<void()> task) override { tasks_.Post(Traced(std::move(task))); }
  void PostAfter(std::chrono::milliseconds delay, std::function<void()> task) override {
    tasks_.PostAfter(delay, Traced(std::move(task)));
  }
  std::chrono::steady_clock::time_point Now() const override { return tasks_.Now(); }

  // What the calling thread's task does from here on belongs to `trace`. Nothing outside of a task.
  static void GoOnIn(const tracing::TraceContext& trace) {
    if (step_ == nullptr || trace.trace_id == tracing::Current().trace_id) return;
    step_->Begin(tracing::FormatTraceparent(trace), log::CurrentContext().request_id);
  }

 private:
  // What a task is traced as.
  struct Step {
    std::optional<tracing::OpenSpan> span;
    std::optional<tracing::Scope> scope;

    void Begin(const std::string& traceparent, std::string request_id) {
      scope.reset();
      span.emplace("mailbox task", tracing::SpanKind::kInternal, traceparent);
      scope.emplace(span->context(), std::move(request_id));
    }
  };

  static std::function<void()> Traced(std::function<void()> task) {
    std::string traceparent;
    std::string request_id;
    if (step_ == nullptr && tracing::Current().valid()) {
      traceparent = tracing::FormatTraceparent(tracing::Current());
      request_id = log::CurrentContext().request_id;
    }
    return [task = std::move(task), traceparent, request_id] {
      Step step;
      step.Begin(traceparent, request_id.empty() ? tracing::NewRequestId() : request_id);
      step_ = &step;
      task();
      step_ = nullptr;
    };
  }

  static inline thread_local Step* step_ = nullptr;  // of the task that this thread runs
  TaskRunner& tasks_;
};

}  // namespace crosspoint::meeting_sync
