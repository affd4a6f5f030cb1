#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crosspoint::tracing {

// Which trace, and which step of it. All-zero ids mean none.
struct TraceContext {
  std::array<uint8_t, 16> trace_id{};
  std::array<uint8_t, 8> span_id{};
  bool sampled = false;  // is exported, here and further down

  bool valid() const;
  std::string TraceIdHex() const;
  std::string SpanIdHex() const;
  bool operator==(const TraceContext&) const = default;
};

// Reads a W3C `traceparent` header; nullopt where the specification says to ignore it and begin a new trace.
// Source: W3C Trace Context, Level 1, section 3.2.
std::optional<TraceContext> ParseTraceparent(std::string_view header);

// The version 00 header; empty for a context that is not valid.
std::string FormatTraceparent(const TraceContext& context);

// A new trace with random ids.
TraceContext NewTrace(bool sampled);

// The same trace, a new step.
TraceContext NewChild(const TraceContext& parent);

// A random UUID (version 4) in lower case.
std::string NewRequestId();

// Whether a request id from outside may go into logs and onwards: 1 to 64 of [A-Za-z0-9._-].
bool IsUsableRequestId(std::string_view id);

}  // namespace crosspoint::tracing
