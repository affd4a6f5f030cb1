#pragma once

#include <chrono>

namespace crosspoint {

// Wall-clock instants, UTC, microsecond resolution: what is stored and sent. A type alone, so that domains may use it
// without a clock.
using TimePoint = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

}  // namespace crosspoint
