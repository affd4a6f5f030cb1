#include "voicemail/adapters/metrics.h"

namespace crosspoint::voicemail {
namespace {

std::string_view ResultOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return "ok";
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
      return "refused";
    case absl::StatusCode::kResourceExhausted:
      return "busy";
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kCancelled:
      return "unavailable";
    default:
      return "failed";
  }
}

const std::vector<std::string>& Results() {
  static const std::vector<std::string> results = {"ok", "refused", "busy", "unavailable", "failed"};
  return results;
}

}  // namespace

Metrics::Metrics(metrics::Registry& registry)
    : deposits_(registry.Counters("crosspoint_voicemail_deposits_total", "Messages left by callers",
                                  {{"result", Results()}})),
      deposited_bytes_(registry.AddCounter("crosspoint_voicemail_deposited_bytes_total", "Audio of messages kept")),
      deliveries_(registry.Counters("crosspoint_voicemail_deliveries_total",
                                    "Attempts to bring a message or its change into a mailbox",
                                    {{"kind", {"copy", "notify"}}, {"result", Results()}})),
      runs_(registry.Counters("crosspoint_voicemail_mailbox_reads_total", "Looks at the copies in a mailbox",
                              {{"result", Results()}})),
      changes_(registry.AddCounter("crosspoint_voicemail_mailbox_changes_total",
                                   "Copies that were found otherwise than known")),
      blobs_(registry.AddGauge("crosspoint_voicemail_blobs", "Pieces of audio kept, as the last sweep found")),
      swept_(registry.AddCounter("crosspoint_voicemail_swept_blobs_total", "Pieces of audio removed by sweeps")) {}

void Metrics::OnRun(const absl::Status& status, const CopySyncReport& report) {
  runs_.With({ResultOf(status)}).Increment();
  if (report.changed > 0) changes_.Increment(report.changed);
}

void Metrics::OnDeposit(const absl::Status& status, int64_t bytes) {
  deposits_.With({ResultOf(status)}).Increment();
  if (status.ok()) deposited_bytes_.Increment(static_cast<double>(bytes));
}

void Metrics::OnDelivery(DeliveryOrder::Kind kind, const absl::Status& status) {
  deliveries_.With({kind == DeliveryOrder::Kind::kCopy ? "copy" : "notify", ResultOf(status)}).Increment();
}

void Metrics::OnSweep(int kept, int removed) {
  blobs_.Set(kept);
  if (removed > 0) swept_.Increment(removed);
}

}  // namespace crosspoint::voicemail
