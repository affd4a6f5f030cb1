#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "common/redis/outbox.h"

namespace crosspoint {

class StatusCodes {
 public:
  constexpr StatusCodes(std::initializer_list<absl::StatusCode> codes) {  // NOLINT: reads as a set
    for (const auto code : codes) bits_ |= Bit(code);
  }
  constexpr bool Has(absl::StatusCode code) const { return (bits_ & Bit(code)) != 0; }

 private:
  static constexpr uint32_t Bit(absl::StatusCode code) { return uint32_t{1} << static_cast<uint32_t>(code); }
  uint32_t bits_ = 0;
};

// Which answers of another system are final about the very thing that is delivered to it. All others, as a wrong
// password or certificate, are put right by an administrator, and the thing is still wanted then.
struct FinalAnswers {
  StatusCodes at_once = {};
  // What looks like a bug, or would hold back the others of its stream for too long, is final after some attempts.
  StatusCodes after_attempts = {absl::StatusCode::kInternal};
  int attempts = 20;
};

// The status of a delivery as an OutboxWorker should see it: what is not final becomes one of the codes that it tries
// again.
absl::Status ForWorker(const absl::Status& status, int attempt, const FinalAnswers& final_answers);

// For deliveries to systems that may be away for a day and more.
struct Patience {
  std::chrono::milliseconds handler_timeout;
  std::chrono::milliseconds max_backoff;  // also how long something waits at most once the system is back
};
OutboxWorkerOptions PatientWorker(int threads, const Patience& patience, std::string consumer, log::Logger& log);

}  // namespace crosspoint
