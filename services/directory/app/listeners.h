#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "common/ids/ids.h"

namespace crosspoint::directory {

// Who wants to hear of changes of a tenant. Thread-safe.
class Listeners {
 public:
  // Drops its listener when destroyed; the listener may run once more while that happens.
  class Subscription {
   public:
    Subscription(Listeners& owner, TenantId tenant, uint64_t id) : owner_(owner), tenant_(std::move(tenant)), id_(id) {}
    ~Subscription() { owner_.Remove(tenant_, id_); }
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

   private:
    Listeners& owner_;
    const TenantId tenant_;
    const uint64_t id_;
  };

  // `listener` runs on the thread of Tell. It must not wait.
  std::unique_ptr<Subscription> Add(const TenantId& tenant, std::function<void()> listener) {
    const std::lock_guard lock(mu_);
    listeners_[tenant].emplace(next_, std::move(listener));
    return std::make_unique<Subscription>(*this, tenant, next_++);
  }

  void Tell(const TenantId& tenant) const {
    std::vector<std::function<void()>> told;
    {
      const std::lock_guard lock(mu_);
      const auto it = listeners_.find(tenant);
      if (it == listeners_.end()) return;
      for (const auto& [id, listener] : it->second) told.push_back(listener);
    }
    for (const auto& listener : told) listener();
  }

 private:
  void Remove(const TenantId& tenant, uint64_t id) {
    const std::lock_guard lock(mu_);
    auto& of_tenant = listeners_[tenant];
    of_tenant.erase(id);
    if (of_tenant.empty()) listeners_.erase(tenant);
  }

  mutable std::mutex mu_;
  std::map<TenantId, std::map<uint64_t, std::function<void()>>> listeners_;  // guarded by mu_
  uint64_t next_ = 1;                                                        // guarded by mu_
};

}  // namespace crosspoint::directory
