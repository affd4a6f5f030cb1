#include "presence/adapters/store_clock.h"

#include <chrono>

namespace crosspoint::presence {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;

// Quartz clocks part by up to some 50 microseconds a second; so much a sample loses.
constexpr int kDriftPerSecond = 50;

microseconds SinceEpoch(StoreClock::Steady time) { return duration_cast<microseconds>(time.time_since_epoch()); }

}  // namespace

void StoreClock::Heard(TimePoint time, Steady sent, Steady received) {
  const auto middle = (SinceEpoch(sent) + SinceEpoch(received)) / 2;
  const Sample sample{time.time_since_epoch() - middle, (SinceEpoch(received) - SinceEpoch(sent)) / 2 + microseconds{1},
                      received};
  const std::lock_guard lock(mu_);
  if (best_) {
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(received - best_->received);
    const auto error = best_->error + microseconds{kDriftPerSecond} * (age.count() + 1);
    const auto apart = sample.offset > best_->offset ? sample.offset - best_->offset : best_->offset - sample.offset;
    // Two honest samples overlap; if they do not, the store's clock was set, or another machine is the store now.
    if (sample.error > error && apart <= sample.error + error) return;
  }
  best_ = sample;
}

std::optional<TimePoint> StoreClock::At(Steady now) const {
  const std::lock_guard lock(mu_);
  if (!best_) return std::nullopt;
  return TimePoint{best_->offset + SinceEpoch(now)};
}

}  // namespace crosspoint::presence
