#include "tests/bench/story/samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace crosspoint::bench {

double Samples::Quantile(double share) const {
  if (took_.empty()) return 0;
  auto sorted = took_;
  std::sort(sorted.begin(), sorted.end());
  const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return std::chrono::duration<double, std::milli>(sorted[std::max<size_t>(rank, 1) - 1]).count();
}

void Samples::Print(const char* what) const {
  fmt::print("{:<58} p50 {:>7.1f} ms   p99 {:>7.1f} ms   worst {:>7.1f} ms   ({} rounds)\n", what, Quantile(0.5),
             Quantile(0.99), Quantile(1), took_.size());
}

std::string Samples::Figures() const {
  return fmt::format("{0}_p50_ms={1:.1f} {0}_p99_ms={2:.1f}", name_, Quantile(0.5), Quantile(0.99));
}

}  // namespace crosspoint::bench
