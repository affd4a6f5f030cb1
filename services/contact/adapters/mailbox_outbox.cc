#include "contact/adapters/mailbox_outbox.h"

#include <utility>

#include "common/tracing/tracing.h"
#include "contact/adapters/redis_contact_store.h"

namespace crosspoint::contact {
namespace {

// How often an answer that looks like a bug is tried again.
constexpr int kBugAttempts = 20;

// The worker buries an entry at any code but the passing ones. Only what the server says about the contact itself is
// final: wrong rights or a missing mailbox are put right by an administrator, and the change is still wanted then.
absl::Status ForWorker(const absl::Status& status, int attempt) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kAborted:
      return status;
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kDataLoss:
      if (attempt >= kBugAttempts) return status;
      break;
    default:
      break;
  }
  return absl::UnavailableError(status.ToString());
}

}  // namespace

OutboxWorker::Handler MailboxOutboxHandler(MailboxWriter& writer) {
  return [&writer](const OutboxDelivery& delivered, Deadline /*deadline*/) {
    const auto& entry = delivered.entry;
    const auto owner = UserId::Parse(entry.payload);
    if (entry.type != kTellMailboxType || !owner.ok()) return absl::InvalidArgumentError("unreadable outbox entry");
    const tracing::Scope scope(tracing::Accept(entry.traceparent), entry.request_id);
    return ForWorker(writer.Deliver(*owner, entry.id), delivered.attempt);
  };
}

OutboxWorkerOptions MailboxOutboxOptions(int threads, std::string consumer, log::Logger& log) {
  OutboxWorkerOptions options;
  options.threads = threads;
  options.handler_timeout = std::chrono::seconds{60};
  options.max_backoff = std::chrono::seconds{10};
  options.max_attempts = 30'000;
  options.consumer = std::move(consumer);
  options.log = &log;
  return options;
}

}  // namespace crosspoint::contact
