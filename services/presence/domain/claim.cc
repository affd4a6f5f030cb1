#include "presence/domain/claim.h"

#include <algorithm>

#include "common/status/status.h"

namespace crosspoint::presence {

bool Beats(const Claim& a, const Claim& b) {
  if (a.claim_class != b.claim_class) return a.claim_class > b.claim_class;
  if (a.start != b.start) return a.start > b.start;
  if (a.revision != b.revision) return a.revision > b.revision;
  return a.id > b.id;
}

const Claim* EffectiveClaim(std::span<const Claim> claims, TimePoint now) {
  const Claim* best = nullptr;
  for (const auto& claim : claims) {
    if (IsLive(claim, now) && (best == nullptr || Beats(claim, *best))) best = &claim;
  }
  return best;
}

std::optional<TimePoint> NextEdge(std::span<const Claim> claims, TimePoint now) {
  const Claim* speaking = EffectiveClaim(claims, now);
  TimePoint edge = speaking != nullptr ? speaking->end : kOpenEnd;
  for (const auto& claim : claims) {
    // Of equal class the later start wins, so any claim of at least the speaking one's class takes over when it begins.
    const bool takes_over = speaking == nullptr || claim.claim_class >= speaking->claim_class;
    if (takes_over && claim.start > now && claim.start < claim.end) edge = std::min(edge, claim.start);
  }
  if (edge == kOpenEnd) return std::nullopt;
  return edge;
}

absl::StatusOr<ClaimName> ClaimName::Parse(std::string_view name, std::string_view field) {
  constexpr std::string_view kInfix = "/claims/";
  const auto at = name.find(kInfix);
  if (at != std::string_view::npos) {
    const auto claim = name.substr(at + kInfix.size());
    auto user = UserId::Parse(name.substr(0, at), field);
    if (user.ok() && IsValidSegment(claim)) return ClaimName{*std::move(user), ClaimId{std::string(claim)}};
  }
  return InvalidField(field, "must be tenants/{tenant}/users/{user}/claims/{claim}, each part 1 to 63 of a-z, 0-9, -");
}

}  // namespace crosspoint::presence
