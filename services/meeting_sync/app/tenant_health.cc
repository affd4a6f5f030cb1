#include "meeting_sync/app/tenant_health.h"

#include "common/status/status.h"
#include "meeting_sync/app/reasons.h"

namespace crosspoint::meeting_sync {
namespace {

// Trouble of one mailbox says nothing about the server, and trouble of our own store even less.
bool IsServerTrouble(const absl::Status& status) {
  if (const auto info = GetErrorInfo(status); info && info->domain == "redis.crosspoint") return false;
  if (status.code() == absl::StatusCode::kUnavailable || status.code() == absl::StatusCode::kDeadlineExceeded) {
    return true;
  }
  return HasReason(status, "EWS_NOT_AUTHORIZED") || HasReason(status, "TLS_FAILED") ||
         HasReason(status, "ADDRESS_REFUSED") || HasReason(status, "EWS_BAD_ANSWER");
}

}  // namespace

TenantHealth::TenantHealth(std::vector<TenantId> tenants, log::Logger& log) : log_(log) {
  for (auto& tenant : tenants) tenants_.emplace(std::move(tenant), Entry{});
}

void TenantHealth::Reached(const TenantId& tenant) {
  bool recovered = false;
  {
    const std::lock_guard lock(mu_);
    auto& entry = tenants_[tenant];
    recovered = entry.down;
    entry = {.reached = true};
  }
  if (recovered) log_.Info("exchange_reachable", {{"tenant", tenant.value}});
}

void TenantHealth::Failed(const TenantId& tenant, const absl::Status& status) {
  if (!IsServerTrouble(status)) return;
  bool began = false;
  {
    const std::lock_guard lock(mu_);
    auto& entry = tenants_[tenant];
    began = !entry.down;
    entry.down = true;
    entry.problem = MessageOf(status);
  }
  if (began) log_.Warn("exchange_unreachable", {{"tenant", tenant.value}, {"problem", MessageOf(status)}});
}

absl::Status TenantHealth::Ready() const {
  const std::lock_guard lock(mu_);
  if (tenants_.empty()) return absl::OkStatus();
  std::string problem = "no answer yet";
  for (const auto& [tenant, entry] : tenants_) {
    if (entry.reached) return absl::OkStatus();
    if (!entry.problem.empty()) problem = entry.problem;
  }
  return absl::UnavailableError(problem);
}

int TenantHealth::tenants_down() const {
  const std::lock_guard lock(mu_);
  int down = 0;
  for (const auto& [tenant, entry] : tenants_) down += entry.down ? 1 : 0;
  return down;
}

}  // namespace crosspoint::meeting_sync
