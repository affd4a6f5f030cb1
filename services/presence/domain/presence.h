#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "common/clock/time_point.h"
#include "common/ids/ids.h"
#include "presence/domain/claim.h"
#include "presence/domain/signals.h"

namespace crosspoint::presence {

// The state of a user nobody has said anything about.
inline constexpr char kAvailableState[] = "available";

// What a user is available for, as others see it.
struct Availability {
  StateId state{kAvailableState};
  std::string note;
  ClaimClass claim_class = ClaimClass::kDefault;
  TimePoint start{};         // since when the claim that speaks has been live; 1970 for the default
  TimePoint end = kOpenEnd;  // when it ends

  bool operator==(const Availability&) const = default;
};

// All that is known of a user without the claims themselves; what the store keeps and the bus carries.
struct PresenceRecord {
  uint64_t revision = 0;          // of the shard when any of the user's claims or the state last changed; 0: never
  uint64_t visible_revision = 0;  // the same for what others see
  TimePoint changed{};            // when that was, Redis clock
  // Not after the moment at which the state changes by itself; earlier when reports were renewed meanwhile.
  TimePoint next_edge = kOpenEnd;
  Availability availability;
  Signals signals;

  bool operator==(const PresenceRecord&) const = default;
};

// A user's presence as callers get it.
struct Presence {
  UserId user;
  Availability availability;
  Signals signals;
  uint64_t revision = 0;

  bool operator==(const Presence&) const = default;
};

inline Presence PresenceOf(const UserId& user, const PresenceRecord& record) {
  return Presence{user, record.availability, record.signals, record.visible_revision};
}

// What others see at `now` when `claims` are all there is.
Availability AvailabilityAt(std::span<const Claim> claims, TimePoint now);

}  // namespace crosspoint::presence
