#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/clock/time_point.h"

namespace crosspoint::ctl {

// A time as people type it: 2026-11-24T10:00, with seconds and Z or +01:00 if wanted (without, the machine's zone);
// "2026-11-24 10:00"; 14:30, the next time the clock shows that; +90m, from now; now.
//   kInvalidArgument  naming these forms
absl::StatusOr<TimePoint> ParseTime(std::string_view text, TimePoint now);

// 90s, 15m, 2h, 3d.
//   kInvalidArgument  naming these forms
absl::StatusOr<std::chrono::seconds> ParseDuration(std::string_view text);

// In the machine's zone, for tables: "Mon 23 Nov 14:30", with the year when it is not that of `now`; "" for the epoch.
std::string ShortTime(TimePoint time, TimePoint now);

// "1:05" minutes and seconds.
std::string ShortLength(std::chrono::seconds length);

}  // namespace crosspoint::ctl
