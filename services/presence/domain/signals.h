#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "common/clock/time_point.h"

namespace crosspoint::presence {

// On the phone or not, weakest first: of several devices the strongest is shown. The numbers are stored in Redis.
enum class LineState : uint8_t { kIdle = 0, kRinging = 1, kHeld = 2, kOnThePhone = 3 };

enum class ImState : uint8_t { kOffline = 0, kOnline = 1 };

// What devices and programs report of a user. Apart from availability, which it never changes.
struct Signals {
  LineState line = LineState::kIdle;
  ImState im = ImState::kOffline;

  bool operator==(const Signals&) const = default;
};

// Named by the PBX.
struct DeviceId {
  std::string value;
  auto operator<=>(const DeviceId&) const = default;
};

inline constexpr size_t kMaxDevices = 32;  // of a user that are not idle at once

// A device that is not idle, believed until `until`. Idle is what holds without one.
struct DeviceLine {
  DeviceId device;
  LineState state = LineState::kIdle;
  TimePoint until{};

  bool operator==(const DeviceLine&) const = default;
};

// What is shown at `now` when `lines` are all devices and the user is online until `online_until`, if at all.
Signals SignalsAt(std::span<const DeviceLine> lines, std::optional<TimePoint> online_until, TimePoint now);

// The first moment after `now` at which SignalsAt changes when nothing is renewed; nullopt when it never will.
std::optional<TimePoint> NextSignalEdge(std::span<const DeviceLine> lines, std::optional<TimePoint> online_until,
                                        TimePoint now);

}  // namespace crosspoint::presence
