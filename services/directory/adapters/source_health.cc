#include "directory/adapters/source_health.h"

#include "common/status/status.h"

namespace crosspoint::directory {
namespace {

constexpr int kFailuresToClose = 3;
constexpr std::chrono::seconds kClosedFor{5};

}  // namespace

absl::Status SourceHealth::MayAsk(const TenantId& tenant) const {
  const std::lock_guard lock(mu_);
  const auto it = health_.find(tenant);
  if (it == health_.end() || it->second.failures < kFailuresToClose ||
      std::chrono::steady_clock::now() >= it->second.closed_until) {
    return absl::OkStatus();
  }
  return ErrorWithInfo(absl::StatusCode::kUnavailable, "the server failed repeatedly and is given a rest",
                       {.reason = "CONNECTOR_RESTING", .domain = "directory.crosspoint", .metadata = {}});
}

void SourceHealth::Note(const TenantId& tenant, const absl::Status& outcome,
                        std::optional<std::chrono::milliseconds> back_off) {
  const bool server_trouble =
      absl::IsUnavailable(outcome) || absl::IsDeadlineExceeded(outcome) || absl::IsResourceExhausted(outcome);
  const std::lock_guard lock(mu_);
  auto& health = health_[tenant];
  if (!server_trouble) {
    health.failures = 0;
    return;
  }
  ++health.failures;
  // A server that names its time gets exactly that.
  if (back_off) health.failures = kFailuresToClose;
  health.closed_until = std::chrono::steady_clock::now() + back_off.value_or(kClosedFor);
}

}  // namespace crosspoint::directory
