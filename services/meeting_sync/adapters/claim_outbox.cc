#include "meeting_sync/adapters/claim_outbox.h"

#include <utility>

#include "common/redis/outbox_answers.h"
#include "meeting_sync/adapters/record_codec.h"

namespace crosspoint::meeting_sync {
namespace {

// Only what presence says about the claim itself.
constexpr FinalAnswers kFinal{.at_once = {absl::StatusCode::kInvalidArgument, absl::StatusCode::kNotFound}};

}  // namespace

OutboxWorker::Handler ClaimOutboxHandler(ClaimDelivery& delivery, Metrics& metrics) {
  return [&delivery, &metrics](const OutboxDelivery& delivered, Deadline deadline) {
    const auto order = DecodeOrder(delivered.entry.type, delivered.entry.payload);
    if (!order) return absl::InvalidArgumentError("unreadable outbox entry");
    const auto status = delivery.Deliver(*order, deadline);
    metrics.OnDelivery(order->kind, status);
    return ForWorker(status, delivered.attempt, kFinal);
  };
}

OutboxWorkerOptions ClaimOutboxOptions(int threads, std::string consumer, log::Logger& log) {
  return PatientWorker(threads, {.handler_timeout = std::chrono::seconds{5}, .max_backoff = std::chrono::seconds{3}},
                       std::move(consumer), log);
}

}  // namespace crosspoint::meeting_sync
