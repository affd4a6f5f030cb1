#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "common/log/log.h"
#include "presence/app/schedule_keeper.h"

namespace crosspoint::presence {

// Plans schedules that are due, on a thread of its own, on every replica: the store gives each to one of them.
class SchedulePlanner {
 public:
  // Begins at once and looks at all shards every `period`. Both must outlive the planner.
  SchedulePlanner(ScheduleKeeper& keeper, log::Logger& log, std::chrono::milliseconds period);
  ~SchedulePlanner();  // waits for what is under way

 private:
  void Run();
  bool PlanAll();  // false: stopping
  bool Stopping();

  ScheduleKeeper& keeper_;
  log::Logger& log_;
  const std::chrono::milliseconds period_;
  std::mutex mu_;
  std::condition_variable stop_;
  bool stopping_ = false;  // guarded by mu_
  bool waiting_ = false;   // of the thread: the store did not answer last time
  std::thread thread_;
};

}  // namespace crosspoint::presence
