#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <stop_token>

#include "common/log/log.h"
#include "directory/app/user_feed.h"

namespace crosspoint::directory {

// Keeps a UserFeed fresh: at once when woken, and for every tenant each `interval`. Run is the body of one thread.
class FeedRefresher {
 public:
  FeedRefresher(UserFeed& feed, log::Logger& log, std::chrono::milliseconds interval);

  void Wake(const TenantId& tenant);  // any thread; never waits
  void Run(const std::stop_token& stop);

 private:
  UserFeed& feed_;
  log::Logger& log_;
  const std::chrono::milliseconds interval_;
  std::mutex mu_;
  std::condition_variable_any woken_;
  std::set<TenantId> due_;  // guarded by mu_
};

}  // namespace crosspoint::directory
