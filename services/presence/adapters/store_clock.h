#pragma once

#include <chrono>
#include <mutex>
#include <optional>

#include "common/clock/clock.h"

namespace crosspoint::presence {

// The store's clock, followed by the steady clock between two times heard: jumps of this machine's wall clock mean
// nothing to it. Thread-safe.
class StoreClock {
 public:
  using Steady = std::chrono::steady_clock::time_point;

  // The store said `time` at some moment from `sent` to `received`.
  void Heard(TimePoint time, Steady sent, Steady received);

  // nullopt until something was heard.
  std::optional<TimePoint> At(Steady now) const;

 private:
  struct Sample {
    std::chrono::microseconds offset;  // store minus steady
    std::chrono::microseconds error;   // the offset may be wrong by this much either way
    Steady received;
  };
  mutable std::mutex mu_;
  std::optional<Sample> best_;  // guarded by mu_
};

}  // namespace crosspoint::presence
