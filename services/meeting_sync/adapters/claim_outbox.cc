#include "meeting_sync/adapters/claim_outbox.h"

#include "common/status/status.h"
#include "common/tracing/tracing.h"
#include "meeting_sync/adapters/record_codec.h"

namespace crosspoint::meeting_sync {
namespace {

// How often an answer that looks like a bug is tried again.
constexpr int kBugAttempts = 20;

// The worker buries an entry at any code but the passing ones. Only what presence says about the claim itself is final;
// a wrong certificate or an older presence is put right by an administrator, and the claims are still wanted then.
absl::Status ForWorker(const absl::Status& status, int attempt) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kAborted:
      return status;
    case absl::StatusCode::kInternal:
      if (attempt >= kBugAttempts) return status;
      break;
    default:
      break;
  }
  return absl::UnavailableError(status.ToString());
}

}  // namespace

OutboxWorker::Handler ClaimOutboxHandler(ClaimDelivery& delivery, Metrics& metrics) {
  return [&delivery, &metrics](const OutboxDelivery& delivered, Deadline deadline) {
    const auto order = DecodeOrder(delivered.entry.type, delivered.entry.payload);
    if (!order) return absl::InvalidArgumentError("unreadable outbox entry");
    const tracing::Scope scope(tracing::Accept(delivered.entry.traceparent), delivered.entry.request_id);
    const auto status = delivery.Deliver(*order, deadline);
    metrics.OnDelivery(order->kind, status);
    return ForWorker(status, delivered.attempt);
  };
}

OutboxWorkerOptions ClaimOutboxOptions(int threads, std::string consumer, log::Logger& log) {
  OutboxWorkerOptions options;
  options.threads = threads;
  options.handler_timeout = std::chrono::seconds{5};
  options.max_backoff = std::chrono::seconds{3};
  options.max_attempts = 30'000;
  options.consumer = std::move(consumer);
  options.log = &log;
  return options;
}

}  // namespace crosspoint::meeting_sync
