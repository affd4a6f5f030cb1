#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <stop_token>
#include <utility>

#include "common/ids/ids.h"

namespace crosspoint::directory {

// Tenants that somebody should look at, and a way to wait for one. Thread-safe.
class DueTenants {
 public:
  // Never waits.
  void Add(const TenantId& tenant) {
    {
      const std::lock_guard lock(mu_);
      due_.insert(tenant);
    }
    added_.notify_one();
  }

  // Takes all of them; waits up to `limit` for one. Empty when none came.
  std::set<TenantId> Take(const std::stop_token& stop, std::chrono::milliseconds limit) {
    std::unique_lock lock(mu_);
    added_.wait_for(lock, stop, limit, [this] { return !due_.empty(); });
    return std::exchange(due_, {});
  }

 private:
  std::mutex mu_;
  std::condition_variable_any added_;
  std::set<TenantId> due_;  // guarded by mu_
};

}  // namespace crosspoint::directory
