#include "common/config/duration.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <limits>

namespace crosspoint::config {
namespace {

struct Unit {
  std::string_view name;
  int64_t nanoseconds;
};

// Coarsest first.
constexpr Unit kUnits[] = {{"d", 86'400'000'000'000},
                           {"h", 3'600'000'000'000},
                           {"m", 60'000'000'000},
                           {"s", 1'000'000'000},
                           {"ms", 1'000'000},
                           {"us", 1'000},
                           {"ns", 1}};

}  // namespace

absl::StatusOr<std::chrono::nanoseconds> ParseDuration(std::string_view text) {
  const auto refused = absl::InvalidArgumentError("must be a duration such as 90s, 250ms, 5m, 1h or 7d");
  int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || count < 0 || text[0] == '-') return refused;
  const auto unit_name = text.substr(static_cast<size_t>(end - text.data()));
  if (unit_name.empty() && count == 0) return std::chrono::nanoseconds{0};
  for (const auto& unit : kUnits) {
    if (unit.name != unit_name) continue;
    if (count > std::numeric_limits<int64_t>::max() / unit.nanoseconds) return refused;
    return std::chrono::nanoseconds{count * unit.nanoseconds};
  }
  return refused;
}

std::string FormatDuration(std::chrono::nanoseconds duration) {
  if (duration.count() == 0) return "0s";
  for (const auto& unit : kUnits) {
    if (duration.count() % unit.nanoseconds == 0) {
      return fmt::format("{}{}", duration.count() / unit.nanoseconds, unit.name);
    }
  }
  return fmt::format("{}ns", duration.count());
}

}  // namespace crosspoint::config
