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

absl::StatusOr<StoredTable> TableKeeper::Replace(const TenantId& tenant, const Edit& edit, Deadline deadline) {
  absl::Status last;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto before, store_.Read(tenant, deadline));
    CROSSPOINT_ASSIGN_OR_RETURN(const auto next, edit(before));
    const auto change = store_.Write(tenant, next, before.Etag(), deadline);
    if (change.ok()) {
      if (change->changed) {
        feed_.OnTable(tenant, change->shard, change->stored);
        publisher_.PublishTable(tenant, *change);
      }
      return next;
    }
    last = change.status();
    if (last.code() != absl::StatusCode::kAborted) break;
  }
  return last;
}

absl::StatusOr<SharedTable> TableKeeper::Update(const TenantId& tenant, std::vector<AvailabilityState> states,
                                                const std::string& etag, Deadline deadline) {
  const auto edit = [&](const StoredTable& before) -> absl::StatusOr<StoredTable> {
    if (!etag.empty() && etag != before.table->etag()) return Stale();
    for (auto& state : states) {
      const auto* known = before.table->Find(state.id);
      state.old_names = known != nullptr ? known->old_names : std::vector<std::string>();
    }
    CROSSPOINT_RETURN_IF_ERROR(ValidateStates(states, *before.table));
    auto next = before;
    next.table = std::make_shared<const AvailabilityTable>(states);
    return next;
  };
  CROSSPOINT_ASSIGN_OR_RETURN(auto stored, Replace(tenant, edit, deadline));
  return std::move(stored.table);
}

absl::StatusOr<TableKeeper::ViewerPolicy> TableKeeper::ReadPolicy(const TenantId& tenant, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto stored, store_.Read(tenant, deadline));
  return ViewerPolicy{stored.show_detail};
}

absl::StatusOr<TableKeeper::ViewerPolicy> TableKeeper::UpdatePolicy(const TenantId& tenant, ViewerPolicy policy,
                                                                    const std::string& etag, Deadline deadline) {
  const auto edit = [&](const StoredTable& before) -> absl::StatusOr<StoredTable> {
    if (!etag.empty() && etag != ViewerPolicy{before.show_detail}.etag()) return Stale();
    auto next = before;
    next.show_detail = policy.show_detail;
    return next;
  };
  CROSSPOINT_RETURN_IF_ERROR(Replace(tenant, edit, deadline).status());
  return policy;
}

}  // namespace crosspoint::presence
