#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace crosspoint::config {

// "90s", "250ms", "5m", "1h", "7d", "100us": digits and one unit. Zero may stand alone: "0".
//   kInvalidArgument  anything else, or more than 290 years
absl::StatusOr<std::chrono::nanoseconds> ParseDuration(std::string_view text);

// The form with the coarsest unit that is exact: 90 s is "90s", 120 s is "2m".
std::string FormatDuration(std::chrono::nanoseconds duration);

}  // namespace crosspoint::config
