#include "voicemail/adapters/delivery_outbox.h"

#include <utility>

#include "common/redis/outbox_answers.h"
#include "common/status/status.h"
#include "voicemail/adapters/record_codec.h"
#include "voicemail/app/reasons.h"

namespace crosspoint::voicemail {
namespace {

// An administrator has to act, and what was wanted then may be stale: a dead letter can be replayed.
bool IsFinalPrecondition(const absl::Status& status) {
  for (const char* reason : {"NO_MAILBOX", "PROVIDER_NOT_SERVED", "NO_CONNECTOR", "NO_MAIL_RELAY"}) {
    if (HasReason(status, reason)) return true;
  }
  return false;
}

// What the other side says of this message is final.
absl::Status Answer(const absl::Status& status, int attempt) {
  // Without its owner, or without its audio, there is nothing to be told.
  if (absl::IsNotFound(status) && HasReason(status, "RESOURCE_NOT_FOUND")) return absl::OkStatus();
  if (IsFinalPrecondition(status)) return status;
  // A mailbox may be away for a moment while it is moved or its server comes back.
  return ForWorker(status, attempt,
                   {.at_once = {absl::StatusCode::kInvalidArgument},
                    .after_attempts = {absl::StatusCode::kNotFound, absl::StatusCode::kInternal}});
}

}  // namespace

OutboxWorker::Handler DeliveryOutboxHandler(Delivery& delivery, Metrics& metrics) {
  return [&delivery, &metrics](const OutboxDelivery& delivered, Deadline deadline) {
    const auto order = DecodeOrder(delivered.entry.type, delivered.entry.payload);
    if (!order) return absl::InvalidArgumentError("unreadable outbox entry");
    const auto status = delivery.Deliver(*order, deadline);
    metrics.OnDelivery(order->kind, status);
    return Answer(status, delivered.attempt);
  };
}

OutboxWorkerOptions DeliveryOutboxOptions(int threads, std::string consumer, log::Logger& log) {
  return PatientWorker(threads, {.handler_timeout = std::chrono::seconds{60}, .max_backoff = std::chrono::seconds{3}},
                       std::move(consumer), log);
}

}  // namespace crosspoint::voicemail
