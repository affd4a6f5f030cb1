#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <stop_token>

#include "common/log/log.h"
#include "contact/app/shelf.h"

namespace crosspoint::contact {

// Keeps a Shelf fresh: a user's book at once when woken, watched ones each `interval`. Run is the body of one thread.
class ShelfRefresher {
 public:
  ShelfRefresher(Shelf& shelf, log::Logger& log, std::chrono::milliseconds interval)
      : shelf_(shelf), log_(log), interval_(interval) {}

  void Wake(const UserId& owner);  // any thread; never waits
  void Run(const std::stop_token& stop);

 private:
  Shelf& shelf_;
  log::Logger& log_;
  const std::chrono::milliseconds interval_;
  std::mutex mu_;
  std::condition_variable_any woken_;
  std::set<UserId> due_;  // guarded by mu_
};

}  // namespace crosspoint::contact
