#include "common/tracing/tracing.h"

#include <atomic>
#include <chrono>
#include <limits>
#include <mutex>
#include <utility>

#include "common/tracing/open_span.h"
#include "common/tracing/span_record.h"

namespace crosspoint::tracing {
namespace {

thread_local TraceContext current;

// Read at the beginning of every trace; by itself cheap enough to be asked each time.
std::atomic<double> sample_ratio{0};

std::mutex sink_mu;
std::shared_ptr<SpanSink> sink;  // guarded by sink_mu; shared with spans that end while export stops
std::atomic<bool> exporting{false};

// The same for all spans of a trace and for all processes: decided by the id itself.
bool Sampled(const TraceContext& context) {
  const double ratio = sample_ratio.load(std::memory_order_relaxed);
  if (ratio <= 0) return false;
  if (ratio >= 1) return true;
  uint64_t value = 0;
  for (size_t i = 8; i < 16; ++i) value = value << 8 | context.trace_id[i];
  return static_cast<double>(value) < ratio * static_cast<double>(std::numeric_limits<uint64_t>::max());
}

TraceContext Begin() {
  auto context = NewTrace(false);
  context.sampled = Sampled(context);
  return context;
}

}  // namespace

void InstallSink(std::shared_ptr<SpanSink> new_sink, double ratio) {
  const std::lock_guard lock(sink_mu);
  sink = std::move(new_sink);
  exporting = sink != nullptr;
  sample_ratio = sink != nullptr ? ratio : 0;
}

const TraceContext& Current() { return current; }

Scope::Scope(const TraceContext& context, std::string request_id)
    : previous_(std::exchange(current, context)),
      log_scope_({std::move(request_id), context.valid() ? context.TraceIdHex() : std::string()}) {}
Scope::~Scope() { current = previous_; }

TraceContext Accept(std::string_view traceparent) {
  if (const auto context = ParseTraceparent(traceparent)) return *context;
  return Begin();
}

// What is known of a step before it ends.
struct RunningSpan {
  SpanRecord span;
  std::chrono::steady_clock::time_point begin;
};

namespace {

// Null unless export is on and the trace is sampled.
template <class Record>
std::unique_ptr<Record> BeginRecord(std::string_view name, SpanKind kind, const TraceContext& context,
                                    const TraceContext& parent) {
  if (!context.sampled || !exporting.load(std::memory_order_relaxed)) return nullptr;
  auto record = std::make_unique<Record>();
  record->span.context = context;
  if (parent.valid()) record->span.parent_span_id = parent.span_id;
  record->span.name = name;
  record->span.kind = kind;
  record->span.start = std::chrono::system_clock::now();
  record->begin = std::chrono::steady_clock::now();
  return record;
}

void EndRecord(RunningSpan& record) {
  record.span.duration = std::chrono::steady_clock::now() - record.begin;
  std::shared_ptr<SpanSink> to;
  {
    const std::lock_guard lock(sink_mu);
    to = sink;
  }
  if (to != nullptr) to->Take(std::move(record.span));
}

}  // namespace

struct Span::Record : RunningSpan {};

OpenSpan::OpenSpan(std::string_view name, SpanKind kind, std::string_view traceparent) {
  const auto parent = ParseTraceparent(traceparent).value_or(TraceContext{});
  context_ = parent.valid() ? NewChild(parent) : Begin();
  record_ = BeginRecord<RunningSpan>(name, kind, context_, parent);
}

OpenSpan::~OpenSpan() { End(); }

void OpenSpan::SetStatus(const absl::Status& status) {
  if (record_ != nullptr && !status.ok()) record_->span.error = absl::StatusCodeToString(status.code());
}

void OpenSpan::End() {
  if (record_ != nullptr) EndRecord(*record_);
  record_.reset();
}

Span::Span(std::string_view name, SpanKind kind) : Span(name, kind, current) {}

Span::Span(std::string_view name, SpanKind kind, const TraceContext& parent)
    : context_(parent.valid() ? NewChild(parent) : Begin()), previous_(current) {
  record_ = BeginRecord<Record>(name, kind, context_, parent);
  current = context_;  // last: `parent` may be `current` itself
}

Span::~Span() {
  current = previous_;
  if (record_ != nullptr) EndRecord(*record_);
}

void Span::Set(std::string_view key, std::string_view value) {
  if (record_ != nullptr) record_->span.attributes.emplace_back(key, std::string(value));
}
void Span::Set(std::string_view key, int64_t value) {
  if (record_ != nullptr) record_->span.attributes.emplace_back(key, value);
}
void Span::SetStatus(const absl::Status& status) {
  if (record_ != nullptr && !status.ok()) record_->span.error = absl::StatusCodeToString(status.code());
}

}  // namespace crosspoint::tracing
