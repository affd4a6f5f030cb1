#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "directory/app/tenant_ports.h"

namespace crosspoint::directory {

// Creates and changes tenants, and knows which there are. Thread-safe.
class TenantRegistry {
 public:
  // `configured` exist from the start. `on_found` runs for every tenant before it counts as known, on the thread that
  // finds it (twice when two find it at once): those that are configured now, others when they are seen first. It must
  // not wait.
  TenantRegistry(TenantStore& store, ChangeAnnouncer& announcer, std::vector<Tenant> configured,
                 std::function<void(const TenantId&)> on_found);

  absl::StatusOr<Tenant> Create(const Tenant& tenant, const std::string& request_id, const std::string& request_hash,
                                Deadline deadline);
  absl::StatusOr<Tenant> Get(const TenantId& id, Deadline deadline);
  absl::StatusOr<TenantPage> List(const std::string& after, size_t limit, Deadline deadline);
  // Reads, lets `change` alter it, writes it back; again when somebody was faster, unless `revision` is given.
  absl::StatusOr<Tenant> Update(const TenantId& id, uint64_t revision, const std::function<void(Tenant&)>& change,
                                Deadline deadline);

  // OK when there is such a tenant. One that is not known yet is looked for in the store.
  //   kNotFound  TENANT_UNKNOWN
  absl::Status Require(const TenantId& id, Deadline deadline);

  // Puts the configured tenants into the store where they are missing and finds those that others created.
  absl::Status Refresh(Deadline deadline);
  // Whether Refresh has succeeded yet.
  absl::Status Loaded() const;
  std::vector<TenantId> known() const;

 private:
  void Found(const TenantId& id);

  TenantStore& store_;
  ChangeAnnouncer& announcer_;
  const std::vector<Tenant> configured_;
  const std::function<void(const TenantId&)> on_found_;
  std::atomic<bool> loaded_{false};
  mutable std::mutex mu_;
  std::set<TenantId> known_;  // guarded by mu_
};

}  // namespace crosspoint::directory
