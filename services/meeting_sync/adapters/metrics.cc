#include "meeting_sync/adapters/metrics.h"

#include <string_view>

namespace crosspoint::meeting_sync {
namespace {

double Seconds(std::chrono::microseconds took) { return std::chrono::duration<double>(took).count(); }

std::string_view ResultOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return "ok";
    case absl::StatusCode::kAborted:
      return "fenced";
    case absl::StatusCode::kResourceExhausted:
      return "busy";
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return "unavailable";
    default:
      return "failed";
  }
}

}  // namespace

Metrics::Metrics(metrics::Registry& registry)
    : held_(registry.AddGauge("crosspoint_meeting_sync_mailboxes_held", "Mailboxes this replica reads")),
      runs_(registry.Counters("crosspoint_meeting_sync_runs_total", "Synchronisations of a mailbox",
                              {{"result", {"ok", "fenced", "busy", "unavailable", "failed"}}})),
      run_seconds_(registry.AddHistogram("crosspoint_meeting_sync_run_duration_seconds",
                                         "From the begin of a synchronisation to its commit")),
      changes_(registry.AddCounter("crosspoint_meeting_sync_item_changes_total", "Calendar changes told by mailboxes")),
      resets_(registry.AddCounter("crosspoint_meeting_sync_resets_total", "Mailboxes read anew from the beginning")),
      deliveries_(
          registry.Counters("crosspoint_meeting_sync_claim_deliveries_total", "Claims handed to presence",
                            {{"order", {"put", "delete"}}, {"result", {"ok", "unavailable", "busy", "failed"}}})),
      committed_(registry.AddCounter("crosspoint_meeting_sync_meetings_committed_total",
                                     "Invitations that were seen as sent and became meetings")),
      written_(registry.Counters("crosspoint_meeting_sync_link_writes_total",
                                 "Changes carried over between mailbox and bridge, by the side that took them",
                                 {{"side", {"mailbox", "bridge"}}})),
      conflicts_(registry.AddCounter("crosspoint_meeting_sync_conflicts_total",
                                     "Fields that both sides had changed since they were equal")),
      brakes_(registry.AddCounter("crosspoint_meeting_sync_deletion_brakes_total",
                                  "Runs whose removals wait for an administrator")) {}

void Metrics::OnRun(const absl::Status& status, const SyncReport& report, std::chrono::milliseconds took) {
  runs_.With({ResultOf(status)}).Increment();
  run_seconds_.Observe(Seconds(took));
  if (report.changes > 0) changes_.Increment(report.changes);
  if (report.reset) resets_.Increment();
}

void Metrics::OnDelivery(ClaimOrder::Kind kind, const absl::Status& status) {
  deliveries_.With({kind == ClaimOrder::Kind::kPut ? "put" : "delete", ResultOf(status)}).Increment();
}

}  // namespace crosspoint::meeting_sync
