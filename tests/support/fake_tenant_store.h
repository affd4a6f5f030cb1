#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "common/status/status.h"
#include "directory/app/tenant_ports.h"

namespace crosspoint::directory {

inline absl::Status DirectoryError(absl::StatusCode code, const char* reason) {
  return ErrorWithInfo(code, reason, {reason, "directory.crosspoint", {}});
}

// A TenantStore in memory that obeys the same contract suite as the real one (tests/contract/directory). Thread-safe.
class FakeTenantStore final : public TenantStore {
 public:
  // Every later call fails with this; OK again means reachable.
  void FailWith(absl::Status status) {
    const std::lock_guard lock(mu_);
    failure_ = std::move(status);
  }

  absl::StatusOr<Tenant> Create(const Tenant& tenant, const std::string& request_id, const std::string& request_hash,
                                Deadline) override {
    const std::lock_guard lock(mu_);
    if (!failure_.ok()) return failure_;
    if (const auto it = requests_.find(request_id); !request_id.empty() && it != requests_.end()) {
      if (it->second.first != request_hash) {
        return DirectoryError(absl::StatusCode::kInvalidArgument, "REQUEST_ID_REUSED");
      }
      return tenants_.at(it->second.second);
    }
    if (tenants_.contains(tenant.id)) return DirectoryError(absl::StatusCode::kAlreadyExists, "TENANT_EXISTS");
    if (!request_id.empty()) requests_[request_id] = {request_hash, tenant.id};
    return Store(tenant, 1);
  }

  absl::Status Ensure(const Tenant& tenant, Deadline) override {
    const std::lock_guard lock(mu_);
    if (!failure_.ok()) return failure_;
    if (!tenants_.contains(tenant.id)) Store(tenant, 1);
    return absl::OkStatus();
  }

  absl::StatusOr<Tenant> Get(const TenantId& id, Deadline) override {
    const std::lock_guard lock(mu_);
    if (!failure_.ok()) return failure_;
    const auto it = tenants_.find(id);
    if (it == tenants_.end()) return DirectoryError(absl::StatusCode::kNotFound, "TENANT_UNKNOWN");
    return it->second;
  }

  absl::StatusOr<Tenant> Update(const Tenant& tenant, uint64_t revision, Deadline) override {
    const std::lock_guard lock(mu_);
    if (!failure_.ok()) return failure_;
    const auto it = tenants_.find(tenant.id);
    if (it == tenants_.end()) return DirectoryError(absl::StatusCode::kNotFound, "TENANT_UNKNOWN");
    const auto now = it->second.revision;
    if (revision != 0 && revision != now) return DirectoryError(absl::StatusCode::kAborted, "ETAG_STALE");
    Tenant same = tenant;
    same.revision = now;
    return same == it->second ? same : Store(tenant, now + 1);
  }

  absl::StatusOr<TenantPage> List(const std::string& after, size_t limit, Deadline) override {
    const std::lock_guard lock(mu_);
    if (!failure_.ok()) return failure_;
    TenantPage page;
    for (const auto& [id, tenant] : tenants_) {
      if (id.value <= after) continue;
      if (page.tenants.size() == limit) {
        page.last_id = page.tenants.back().id.value;
        break;
      }
      page.tenants.push_back(tenant);
    }
    return page;
  }

 private:
  Tenant Store(Tenant tenant, uint64_t revision) {
    tenant.revision = revision;
    return tenants_[tenant.id] = std::move(tenant);
  }

  std::mutex mu_;
  absl::Status failure_;
  std::map<TenantId, Tenant> tenants_;
  std::map<std::string, std::pair<std::string, TenantId>> requests_;
};

// A ConnectorStore in memory, likewise.
class FakeConnectorStore final : public ConnectorStore {
 public:
  void FailWith(absl::Status status) {
    const std::lock_guard lock(mu_);
    failure_ = std::move(status);
  }

  absl::StatusOr<std::optional<ConnectorPage>> Get(const TenantId& tenant, Deadline) override {
    const std::lock_guard lock(mu_);
    if (!failure_.ok()) return failure_;
    const auto it = pages_.find(tenant);
    return it == pages_.end() ? std::nullopt : std::optional(it->second);
  }

  absl::StatusOr<ConnectorPage> Put(const TenantId& tenant, const ConnectorPage& page, uint64_t revision,
                                    Deadline) override {
    const std::lock_guard lock(mu_);
    if (!failure_.ok()) return failure_;
    const auto it = pages_.find(tenant);
    const auto now = it == pages_.end() ? kUnstoredPage : it->second.revision;
    if (revision != 0 && revision != now) return DirectoryError(absl::StatusCode::kAborted, "ETAG_STALE");
    ConnectorPage next = page;
    next.revision = now;
    if (it != pages_.end() && it->second == next) return next;
    next.revision = now + 1;
    return pages_[tenant] = next;
  }

 private:
  std::mutex mu_;
  absl::Status failure_;
  std::map<TenantId, ConnectorPage> pages_;
};

}  // namespace crosspoint::directory
