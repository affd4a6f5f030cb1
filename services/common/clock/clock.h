#pragma once

#include <atomic>
#include <chrono>

#include "common/clock/time_point.h"

namespace crosspoint {

// Injected wherever the wall clock is read. Deadlines and sleeps use std::chrono::steady_clock directly. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint Now() const = 0;
};

class SystemClock final : public Clock {
 public:
  TimePoint Now() const override {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
};

// For tests: stands still until told to move.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(TimePoint now = TimePoint{std::chrono::hours{24 * 365 * 56}}) : now_(now) {}
  TimePoint Now() const override { return now_.load(); }
  void Set(TimePoint now) { now_ = now; }
  void Advance(std::chrono::microseconds by) { now_ = now_.load() + by; }

 private:
  std::atomic<TimePoint> now_;
};

}  // namespace crosspoint
