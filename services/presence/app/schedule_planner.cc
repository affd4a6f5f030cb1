#include "presence/app/schedule_planner.h"

#include <utility>

#include "common/status/status.h"

namespace crosspoint::presence {
namespace {

constexpr std::chrono::seconds kStoreDeadline{5};

}  // namespace

SchedulePlanner::SchedulePlanner(ScheduleKeeper& keeper, log::Logger& log, std::chrono::milliseconds period)
    : keeper_(keeper), log_(log), period_(period), thread_([this] { Run(); }) {}

SchedulePlanner::~SchedulePlanner() {
  {
    const std::lock_guard lock(mu_);
    stopping_ = true;
  }
  stop_.notify_all();
  thread_.join();
}

bool SchedulePlanner::Stopping() {
  const std::lock_guard lock(mu_);
  return stopping_;
}

void SchedulePlanner::Run() {
  while (PlanAll()) {
    std::unique_lock lock(mu_);
    stop_.wait_for(lock, period_, [this] { return stopping_; });
  }
}

bool SchedulePlanner::PlanAll() {
  for (size_t shard = 0; shard < kShards; ++shard) {
    for (bool more = true; more;) {
      if (Stopping()) return false;
      const auto planned =
          keeper_.PlanDue(static_cast<uint8_t>(shard), std::chrono::steady_clock::now() + kStoreDeadline);
      if (!planned.ok()) {
        if (!std::exchange(waiting_, true)) {
          log_.Warn("presence_schedules_waiting", {{"shard", shard}, {"error", MessageOf(planned.status())}});
        }
        // Unreachable for one shard means unreachable for all; anything else concerns this shard alone.
        if (absl::IsInternal(planned.status())) break;
        return true;
      }
      more = *planned > 0;
    }
  }
  if (std::exchange(waiting_, false)) log_.Info("presence_schedules_planned_again");
  return true;
}

}  // namespace crosspoint::presence
