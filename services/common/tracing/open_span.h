#pragma once

#include <memory>
#include <string_view>

#include "common/tracing/tracing.h"

namespace crosspoint::tracing {

struct RunningSpan;

// A step that is not bound to one thread: a call that is answered elsewhere than it was taken, an entry of a queue. It
// is nobody's current context by itself; where its work runs, open a Scope with context().
//
//   const tracing::OpenSpan span("outbox put_claim", tracing::SpanKind::kConsumer, entry.traceparent);
//   const tracing::Scope scope(span.context(), entry.request_id);
class OpenSpan {
 public:
  // A step of the trace that came in with this `traceparent`; without a usable one the first step of a new trace.
  OpenSpan(std::string_view name, SpanKind kind, std::string_view traceparent);
  ~OpenSpan();  // ends it
  OpenSpan(const OpenSpan&) = delete;
  OpenSpan& operator=(const OpenSpan&) = delete;

  // An error marks the step as failed; OK changes nothing.
  void SetStatus(const absl::Status& status);
  // Idempotent; not together with other calls.
  void End();

  const TraceContext& context() const { return context_; }

 private:
  TraceContext context_;
  std::unique_ptr<RunningSpan> record_;  // only while export is on and the trace is sampled
};

}  // namespace crosspoint::tracing
