#include "common/redis/outbox_answers.h"

#include <utility>

namespace crosspoint {

absl::Status ForWorker(const absl::Status& status, int attempt, const FinalAnswers& final_answers) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kAborted:
      return status;
    default:
      break;
  }
  if (final_answers.at_once.Has(status.code())) return status;
  if (attempt >= final_answers.attempts && final_answers.after_attempts.Has(status.code())) return status;
  return absl::UnavailableError(status.ToString());
}

OutboxWorkerOptions PatientWorker(int threads, const Patience& patience, std::string consumer, log::Logger& log) {
  OutboxWorkerOptions options;
  options.threads = threads;
  options.handler_timeout = patience.handler_timeout;
  options.max_backoff = patience.max_backoff;
  options.max_attempts = 30'000;
  options.consumer = std::move(consumer);
  options.log = &log;
  return options;
}

}  // namespace crosspoint
