#include "contact/adapters/mailbox_outbox.h"

#include <utility>

#include "common/redis/outbox_answers.h"
#include "contact/adapters/redis_contact_store.h"

namespace crosspoint::contact {
namespace {

// Only what the server says about the contact itself.
constexpr FinalAnswers kFinal{.at_once = {absl::StatusCode::kInvalidArgument},
                              .after_attempts = {absl::StatusCode::kInternal, absl::StatusCode::kDataLoss}};

}  // namespace

OutboxWorker::Handler MailboxOutboxHandler(MailboxWriter& writer) {
  return [&writer](const OutboxDelivery& delivered, Deadline /*deadline*/) {
    const auto& entry = delivered.entry;
    const auto owner = UserId::Parse(entry.payload);
    if (entry.type != kTellMailboxType || !owner.ok()) return absl::InvalidArgumentError("unreadable outbox entry");
    return ForWorker(writer.Deliver(*owner, entry.id), delivered.attempt, kFinal);
  };
}

OutboxWorkerOptions MailboxOutboxOptions(int threads, std::string consumer, log::Logger& log) {
  return PatientWorker(threads, {.handler_timeout = std::chrono::seconds{60}, .max_backoff = std::chrono::seconds{10}},
                       std::move(consumer), log);
}

}  // namespace crosspoint::contact
