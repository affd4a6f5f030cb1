#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace crosspoint::ews {

// How often and after which pauses something that failed is tried again.
struct RetryPolicy {
  int max_attempts = 1;                        // with the first; 1: nothing is repeated
  std::chrono::milliseconds first_delay{200};  // doubles with every attempt
  std::chrono::milliseconds max_delay{5'000};
  std::chrono::milliseconds first_back_off{1'000};  // likewise, for a busy server that names no time
};

// The pause before the next attempt after attempt number `attempt` (from 1) ended with `status`; nullopt: no further
// one. A time the server names is kept exactly; others are spread over their upper half by `random` (0 to 1).
std::optional<std::chrono::milliseconds> PauseBeforeRetry(const RetryPolicy& policy, const absl::Status& status,
                                                          int attempt, double random);

// Repeats what is safe to repeat, as the table of errors asks for. What needs a cure by the caller first (rediscover,
// refresh, split, …) comes back at once. Thread-safe.
class Retrier {
 public:
  using Deadline = std::chrono::steady_clock::time_point;
  using Sleep = std::function<void(std::chrono::milliseconds)>;
  using Random = std::function<double()>;

  explicit Retrier(RetryPolicy policy, Sleep sleep = SleepOfThread, Random random = RandomFraction);

  // Runs `operation` (a function returning Status or StatusOr) until it succeeds, may not be repeated, or the pause
  // would outlast `deadline`. An error that was repeated in vain carries what the table says comes then: RETRY once,
  // then STOP.
  template <class Operation>
  auto Run(Deadline deadline, const Operation& operation) const -> decltype(operation()) {
    for (int attempt = 1;; ++attempt) {
      auto result = operation();
      if (StatusOf(result).ok()) return result;
      const absl::Status final = AfterAttempt(StatusOf(result), attempt, deadline);
      if (!final.ok()) return final;
    }
  }

 private:
  static void SleepOfThread(std::chrono::milliseconds pause);
  static double RandomFraction();
  static const absl::Status& StatusOf(const absl::Status& status) { return status; }
  template <class T>
  static const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
    return result.status();
  }

  // Sleeps and returns OK when there is to be another attempt, else the error to return.
  absl::Status AfterAttempt(const absl::Status& status, int attempt, Deadline deadline) const;

  const RetryPolicy policy_;
  const Sleep sleep_;
  const Random random_;
};

}  // namespace crosspoint::ews
