#include "presence/app/table_keeper.h"

#include <utility>

#include "common/status/status.h"

namespace crosspoint::presence {
namespace {

constexpr int kMaxAttempts = 5;

absl::Status Stale() {
  return ErrorWithInfo(absl::StatusCode::kAborted, "the table changed since it was read; read it again",
                       {"ETAG_STALE", "presence.crosspoint", {}});
}

}  // namespace

absl::StatusOr<SharedTable> TableKeeper::Update(const TenantId& tenant, std::vector<AvailabilityState> states,
                                                const std::string& etag, Deadline deadline) {
  absl::Status last;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto before, store_.Read(tenant, deadline));
    if (!etag.empty() && etag != before->etag()) return Stale();
    for (auto& state : states) {
      const auto* known = before->Find(state.id);
      state.old_names = known != nullptr ? known->old_names : std::vector<std::string>();
    }
    CROSSPOINT_RETURN_IF_ERROR(ValidateStates(states, *before));
    const auto table = std::make_shared<const AvailabilityTable>(states);
    const auto change = store_.Write(tenant, table, before->etag(), deadline);
    if (change.ok()) {
      if (change->changed) {
        feed_.OnTable(tenant, change->shard, change->stored);
        publisher_.PublishTable(tenant, *change);
      }
      return table;
    }
    last = change.status();
    if (last.code() != absl::StatusCode::kAborted) break;
  }
  return last;
}

}  // namespace crosspoint::presence
