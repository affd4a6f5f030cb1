#include "voicemail/adapters/delivery_outbox.h"

#include "common/status/status.h"
#include "common/tracing/tracing.h"
#include "voicemail/adapters/record_codec.h"
#include "voicemail/app/reasons.h"

namespace crosspoint::voicemail {
namespace {

// How often an answer that looks like a bug is tried again.
constexpr int kBugAttempts = 20;

// An administrator has to act, and what was wanted then may be stale: a dead letter can be replayed.
bool IsFinalPrecondition(const absl::Status& status) {
  for (const char* reason : {"NO_MAILBOX", "PROVIDER_NOT_SERVED", "NO_CONNECTOR", "NO_MAIL_RELAY"}) {
    if (HasReason(status, reason)) return true;
  }
  return false;
}

// The worker buries an entry at any code but the passing ones. What the other side says of this message is final; a
// wrong password or certificate is put right by an administrator, and the message is still wanted then.
absl::Status ForWorker(const absl::Status& status, int attempt) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kAborted:
      return status;
    case absl::StatusCode::kNotFound:
      // Without its owner, or without its audio, there is nothing to be told.
      return HasReason(status, "RESOURCE_NOT_FOUND") ? absl::OkStatus() : status;
    case absl::StatusCode::kFailedPrecondition:
      if (IsFinalPrecondition(status)) return status;
      break;
    case absl::StatusCode::kInternal:
      if (attempt >= kBugAttempts) return status;
      break;
    default:
      break;
  }
  return absl::UnavailableError(status.ToString());
}

}  // namespace

OutboxWorker::Handler DeliveryOutboxHandler(Delivery& delivery, Metrics& metrics) {
  return [&delivery, &metrics](const OutboxDelivery& delivered, Deadline deadline) {
    const auto order = DecodeOrder(delivered.entry.type, delivered.entry.payload);
    if (!order) return absl::InvalidArgumentError("unreadable outbox entry");
    const tracing::Scope scope(tracing::Accept(delivered.entry.traceparent), delivered.entry.request_id);
    const auto status = delivery.Deliver(*order, deadline);
    metrics.OnDelivery(order->kind, status);
    return ForWorker(status, delivered.attempt);
  };
}

OutboxWorkerOptions DeliveryOutboxOptions(int threads, std::string consumer, log::Logger& log) {
  OutboxWorkerOptions options;
  options.threads = threads;
  options.handler_timeout = std::chrono::seconds{60};
  options.max_backoff = std::chrono::seconds{3};
  options.max_attempts = 30'000;
  options.consumer = std::move(consumer);
  options.log = &log;
  return options;
}

}  // namespace crosspoint::voicemail
