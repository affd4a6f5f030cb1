#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "common/clock/clock.h"
#include "common/log/log.h"
#include "meeting_sync/app/ports.h"

namespace crosspoint::meeting_sync {

// What an outbox entry asks for.
struct ClaimOrder {
  enum class Kind { kPut, kDelete };
  Kind kind = Kind::kPut;
  UserId user;
  PlannedClaim claim;  // kDelete: only `id`
};

// Carries claims to presence. Doing the same order twice changes nothing. Thread-safe.
class ClaimDelivery {
 public:
  ClaimDelivery(Presence& presence, const Clock& clock, log::Logger& log)
      : presence_(presence), clock_(clock), log_(log) {}

  // Presence's errors come through; a chosen state that it does not know becomes In a Meeting.
  absl::Status Deliver(const ClaimOrder& order, Deadline deadline);

 private:
  absl::Status Put(const ClaimOrder& order, Deadline deadline);

  Presence& presence_;
  const Clock& clock_;
  log::Logger& log_;
  std::mutex mu_;
  std::set<std::string> warned_;  // guarded by mu_; items whose unknown state was told
};

}  // namespace crosspoint::meeting_sync
