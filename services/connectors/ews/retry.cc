#include "connectors/ews/retry.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <thread>
#include <utility>

#include "common/status/status.h"
#include "connectors/ews/errors.h"

namespace crosspoint::ews {
namespace {

using std::chrono::milliseconds;

constexpr int kFewAttempts = 3;

int AttemptsFor(Repeat repeat, int most) {
  switch (repeat) {
    case Repeat::kLimited:
      return most;
    case Repeat::kFew:
      return std::min(kFewAttempts, most);
    case Repeat::kOnce:
      return std::min(2, most);
    case Repeat::kNever:
    case Repeat::kAfterCure:
    case Repeat::kAfterCureOnce:
      break;
  }
  return 1;
}

milliseconds Grown(milliseconds first, milliseconds most, int attempt, double random) {
  const milliseconds whole = std::min(first * (int64_t{1} << std::min(attempt - 1, 20)), most);
  return milliseconds(std::llround(static_cast<double>(whole.count()) * (0.5 + random / 2)));
}

}  // namespace

std::optional<milliseconds> PauseBeforeRetry(const RetryPolicy& policy, const absl::Status& status, int attempt,
                                             double random) {
  if (status.ok() || attempt >= AttemptsFor(RepeatOf(status), policy.max_attempts)) return std::nullopt;
  if (const auto told = BackOffOf(status)) return told;
  if (ReactionOf(status) == Reaction::kBackOff) {
    return Grown(policy.first_back_off, std::max(policy.first_back_off, policy.max_delay), attempt, random);
  }
  return Grown(policy.first_delay, policy.max_delay, attempt, random);
}

Retrier::Retrier(RetryPolicy policy, Sleep sleep, Random random)
    : policy_(policy), sleep_(std::move(sleep)), random_(std::move(random)) {}

void Retrier::SleepOfThread(milliseconds pause) { std::this_thread::sleep_for(pause); }

double Retrier::RandomFraction() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_real_distribution<>(0, 1)(random);
}

absl::Status Retrier::AfterAttempt(const absl::Status& status, int attempt, Deadline deadline) const {
  const auto pause = PauseBeforeRetry(policy_, status, attempt, random_());
  if (!pause) return attempt > 1 ? AfterRetries(status) : status;
  if (*pause >= deadline - std::chrono::steady_clock::now()) return status;
  sleep_(*pause);
  return absl::OkStatus();
}

}  // namespace crosspoint::ews
