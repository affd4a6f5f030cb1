#include "directory/app/tenant_registry.h"

#include <utility>

#include "common/status/status.h"

namespace crosspoint::directory {
namespace {

constexpr int kMaxUpdateAttempts = 5;
constexpr size_t kTenantsPerRead = 500;

}  // namespace

TenantRegistry::TenantRegistry(TenantStore& store, ChangeAnnouncer& announcer, std::vector<Tenant> configured,
                               std::function<void(const TenantId&)> on_found)
    : store_(store), announcer_(announcer), configured_(std::move(configured)), on_found_(std::move(on_found)) {
  for (const auto& tenant : configured_) Found(tenant.id);
}

void TenantRegistry::Found(const TenantId& id) {
  {
    const std::lock_guard lock(mu_);
    if (known_.contains(id)) return;
  }
  // First, so that whoever is told the tenant is there finds everything ready for it.
  on_found_(id);
  const std::lock_guard lock(mu_);
  known_.insert(id);
}

absl::StatusOr<Tenant> TenantRegistry::Create(const Tenant& tenant, const std::string& request_id,
                                              const std::string& request_hash, Deadline deadline) {
  CROSSPOINT_RETURN_IF_ERROR(ValidateTenant(tenant, "tenant"));
  auto created = store_.Create(tenant, request_id, request_hash, deadline);
  if (created.ok()) {
    Found(created->id);
    announcer_.Announce(created->id);
  }
  return created;
}

absl::StatusOr<Tenant> TenantRegistry::Get(const TenantId& id, Deadline deadline) { return store_.Get(id, deadline); }

absl::StatusOr<TenantPage> TenantRegistry::List(const std::string& after, size_t limit, Deadline deadline) {
  return store_.List(after, limit, deadline);
}

absl::StatusOr<Tenant> TenantRegistry::Update(const TenantId& id, uint64_t revision,
                                              const std::function<void(Tenant&)>& change, Deadline deadline) {
  absl::StatusOr<Tenant> written;
  for (int attempt = 0; attempt < kMaxUpdateAttempts; ++attempt) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto tenant, store_.Get(id, deadline));
    const auto read_at = tenant.revision;
    change(tenant);
    tenant.id = id;
    CROSSPOINT_RETURN_IF_ERROR(ValidateTenant(tenant, "tenant"));
    written = store_.Update(tenant, revision == 0 ? read_at : revision, deadline);
    if (revision != 0 || !absl::IsAborted(written.status())) break;
  }
  return written;
}

absl::Status TenantRegistry::Require(const TenantId& id, Deadline deadline) {
  {
    const std::lock_guard lock(mu_);
    if (known_.contains(id)) return absl::OkStatus();
  }
  CROSSPOINT_RETURN_IF_ERROR(store_.Get(id, deadline).status());
  Found(id);
  return absl::OkStatus();
}

absl::Status TenantRegistry::Refresh(Deadline deadline) {
  if (!loaded_) {
    for (const auto& tenant : configured_) CROSSPOINT_RETURN_IF_ERROR(store_.Ensure(tenant, deadline));
  }
  std::string after;
  do {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto page, store_.List(after, kTenantsPerRead, deadline));
    for (const auto& tenant : page.tenants) Found(tenant.id);
    after = page.last_id;
  } while (!after.empty());
  loaded_ = true;
  return absl::OkStatus();
}

absl::Status TenantRegistry::Loaded() const {
  return loaded_ ? absl::OkStatus() : absl::UnavailableError("the tenants are not read yet");
}

std::vector<TenantId> TenantRegistry::known() const {
  const std::lock_guard lock(mu_);
  return {known_.begin(), known_.end()};
}

}  // namespace crosspoint::directory
