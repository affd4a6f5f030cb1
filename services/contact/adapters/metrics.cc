#include "contact/adapters/metrics.h"

#include <string_view>

namespace crosspoint::contact {
namespace {

std::string_view ResultOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return "ok";
    case absl::StatusCode::kAborted:
      return "again";
    case absl::StatusCode::kResourceExhausted:
      return "busy";
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return "unavailable";
    default:
      return "failed";
  }
}

std::string_view NameOf(LookupOutcome outcome) {
  switch (outcome) {
    case LookupOutcome::kExact:
      return "exact";
    case LookupOutcome::kEnd:
      return "end";
    case LookupOutcome::kNobody:
      return "nobody";
  }
  return "nobody";
}

}  // namespace

Metrics::Metrics(metrics::Registry& registry)
    : lookups_(registry.Counters("crosspoint_contact_lookups_total", "Numbers looked up",
                                 {{"result", {"exact", "end", "nobody"}}})),
      lookup_seconds_(
          registry.AddHistogram("crosspoint_contact_lookup_duration_seconds", "Time to find who a number belongs to")),
      pulls_(registry.Counters("crosspoint_contact_mailbox_reads_total", "Readings of a mailbox's contacts",
                               {{"result", {"ok", "again", "busy", "unavailable", "failed"}}})),
      pushes_(registry.Counters("crosspoint_contact_mailbox_writes_total", "Contacts brought to mailboxes",
                                {{"result", {"ok", "again", "busy", "unavailable", "failed"}}})),
      changes_(registry.AddCounter("crosspoint_contact_mailbox_changes_total", "Changes told by mailboxes")),
      resets_(registry.AddCounter("crosspoint_contact_mailbox_resets_total", "Mailboxes read anew from the beginning")),
      conflicts_(registry.AddCounter("crosspoint_contact_conflicts_total",
                                     "Fields that were changed here and in the mailbox")),
      stopped_(registry.AddCounter("crosspoint_contact_deletions_stopped_total",
                                   "Deletions in mailboxes that wait for an administrator")) {}

void Metrics::OnPull(const absl::StatusOr<SyncReport>& outcome) {
  pulls_.With({ResultOf(outcome.status())}).Increment();
  if (!outcome.ok()) return;
  changes_.Increment(outcome->changes);
  conflicts_.Increment(outcome->conflicts);
  stopped_.Increment(outcome->held);
  if (outcome->reset) resets_.Increment();
}

void Metrics::OnPush(const absl::Status& outcome) { pushes_.With({ResultOf(outcome)}).Increment(); }

void Metrics::OnLookup(LookupOutcome outcome, std::chrono::microseconds took) {
  lookups_.With({NameOf(outcome)}).Increment();
  lookup_seconds_.Observe(std::chrono::duration<double>(took).count());
}

}  // namespace crosspoint::contact
