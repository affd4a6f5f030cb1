#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace crosspoint::bench {

// Latencies of one step of the story.
class Samples {
 public:
  explicit Samples(std::string name) : name_(std::move(name)) {}

  void Add(std::chrono::nanoseconds took) { took_.push_back(took); }
  size_t count() const { return took_.size(); }
  // The smallest latency that `share` of all do not exceed, in milliseconds.
  double Quantile(double share) const;
  // A line for people.
  void Print(const char* what) const;
  // "name_p50_ms=… name_p99_ms=…".
  std::string Figures() const;

 private:
  const std::string name_;
  std::vector<std::chrono::nanoseconds> took_;
};

}  // namespace crosspoint::bench
