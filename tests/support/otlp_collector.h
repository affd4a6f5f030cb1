#pragma once

#include <chrono>
#include <initializer_list>
#include <memory>
#include <string>

namespace crosspoint::testing {

// What receives traces: OTLP over HTTP, protobuf. Keeps what is posted to it.
class OtlpCollector {
 public:
  OtlpCollector();
  ~OtlpCollector();

  std::string url() const;
  // The first body that came; empty when none does within `limit`.
  std::string WaitForBody(std::chrono::milliseconds limit);
  std::string content_type() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The bytes at a path of field numbers in a protobuf message, first occurrence each; "absent" when there are none.
// Of an ExportTraceServiceRequest: {1, 2, 2} is the first span, {1, 1} its resource. Source: opentelemetry-proto.
std::string Dig(std::string bytes, std::initializer_list<int> path);

}  // namespace crosspoint::testing
