#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/tracing/tracing.h"

namespace crosspoint::tracing {

// A finished span on its way out; between tracing.cc (measuring) and export.cc (OpenTelemetry).
struct SpanRecord {
  TraceContext context;
  std::array<uint8_t, 8> parent_span_id{};  // all zero: the first of its trace
  std::string name;
  SpanKind kind = SpanKind::kInternal;
  std::chrono::system_clock::time_point start;
  std::chrono::nanoseconds duration{0};
  std::vector<std::pair<std::string, std::variant<std::string, int64_t>>> attributes;
  std::string error;  // name of the status code; empty when it went well
};

class SpanSink {
 public:
  virtual ~SpanSink() = default;
  // Must not block. Thread-safe.
  virtual void Take(SpanRecord span) = 0;
};

// From now on sampled spans go to `sink`; null stops that. `ratio` of new traces are sampled.
void InstallSink(std::shared_ptr<SpanSink> sink, double ratio);

}  // namespace crosspoint::tracing
