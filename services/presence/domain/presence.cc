#include "presence/domain/presence.h"

namespace crosspoint::presence {

Availability AvailabilityAt(std::span<const Claim> claims, TimePoint now) {
  const Claim* claim = EffectiveClaim(claims, now);
  if (claim == nullptr) return {};
  return Availability{claim->state, claim->note, claim->claim_class, claim->start, claim->end};
}

}  // namespace crosspoint::presence
