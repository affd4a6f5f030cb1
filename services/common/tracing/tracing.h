#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/log/log.h"
#include "common/tracing/trace_context.h"

namespace crosspoint::tracing {

// What runs on the calling thread; not valid outside of a request.
const TraceContext& Current();

// Makes `context` and `request_id` those of the calling thread while it lives, for logs as well. Take both along when
// work moves to another thread, the bus or the outbox, and open a scope there.
class Scope {
 public:
  Scope(const TraceContext& context, std::string request_id);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  TraceContext previous_;
  log::Scope log_scope_;
};

// The context of a call that came in with this `traceparent` (empty when it had none): its trace continued, or a new
// one, sampled as the process is configured.
TraceContext Accept(std::string_view traceparent);

enum class SpanKind { kInternal, kServer, kClient, kProducer, kConsumer };

// One timed step of a trace and the calling thread's current context while it lives. Costs next to nothing unless
// export is on and the trace is sampled. Of one thread; destroyed in the reverse order of creation.
//
//   tracing::Span span("EWS GetItem", tracing::SpanKind::kClient);
//   span.Set("item_count", 3);
class Span {
 public:
  // A child of Current(), or a new trace when there is none.
  explicit Span(std::string_view name, SpanKind kind = SpanKind::kInternal);
  // A child of `parent`.
  Span(std::string_view name, SpanKind kind, const TraceContext& parent);
  ~Span();
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;

  // Keys are snake_case or OpenTelemetry names ("rpc.method"). Never personal data.
  void Set(std::string_view key, std::string_view value);
  void Set(std::string_view key, const char* value) { Set(key, std::string_view(value)); }
  void Set(std::string_view key, int64_t value);
  void Set(std::string_view key, int value) { Set(key, static_cast<int64_t>(value)); }
  // An error marks the step as failed; OK changes nothing.
  void SetStatus(const absl::Status& status);

  const TraceContext& context() const { return context_; }
  bool recording() const { return record_ != nullptr; }

 private:
  struct Record;
  TraceContext context_;
  TraceContext previous_;
  std::unique_ptr<Record> record_;  // only while export is on and the trace is sampled
};

struct ExportConfig {
  std::string endpoint;       // OTLP over HTTP, e.g. http://collector:4318/v1/traces; empty means no export
  double sample_ratio = 1.0;  // of the traces that begin here; others keep the decision of their beginner
};

// Exports spans for as long as it lives; at most one at a time. Spans wait in a bounded queue and are dropped while the
// collector is away: tracing never slows or fails a call.
class Export {
 public:
  //   kInvalidArgument     the endpoint is not an http or https URL
  //   kFailedPrecondition  another one lives
  static absl::StatusOr<std::unique_ptr<Export>> Start(const ExportConfig& config, std::string_view service,
                                                       std::string_view instance);
  ~Export();  // sends what waits, for at most a second
  Export(const Export&) = delete;
  Export& operator=(const Export&) = delete;

  // Sends what waits; false when that took longer than `limit`.
  bool Flush(std::chrono::milliseconds limit);

 private:
  struct State;
  explicit Export(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace crosspoint::tracing
