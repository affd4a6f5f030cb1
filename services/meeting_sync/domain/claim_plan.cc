#include "meeting_sync/domain/claim_plan.h"

#include <algorithm>
#include <tuple>

namespace crosspoint::meeting_sync {

std::optional<PlannedClaim> ClaimFor(const ItemLink& link) {
  if (link.kind == EntryKind::kSeries || link.silent || link.end <= link.start) return std::nullopt;
  PlannedClaim claim{.id = "m" + link.key.value, .start = link.start, .end = link.end};
  if (!link.chosen_state.empty()) {
    // Anybody may write the property, so what cannot be a state's key counts as one we do not know.
    const bool usable = IsValidSegment(link.chosen_state);
    claim.claim_class = usable ? ClaimClass::kOwnWord : ClaimClass::kCalendar;
    claim.state = usable ? link.chosen_state : kInAMeeting;
    return claim;
  }
  switch (link.show_as) {
    case ShowAs::kBusy:
      claim.state = kInAMeeting;
      return claim;
    case ShowAs::kOutOfOffice:
      claim.state = kOutOfOfficeState;
      return claim;
    case ShowAs::kFree:
    case ShowAs::kTentative:
    case ShowAs::kWorkingElsewhere:
      break;
  }
  return std::nullopt;
}

ClaimTable PlanClaims(const LinkTable& links, TimePoint now) {
  std::vector<PlannedClaim> claims;
  for (const auto& [key, link] : links) {
    if (link.end <= now) continue;
    if (auto claim = ClaimFor(link)) claims.push_back(*std::move(claim));
  }
  std::sort(claims.begin(), claims.end(),
            [](const auto& a, const auto& b) { return std::tie(a.start, a.id) < std::tie(b.start, b.id); });
  if (claims.size() > kMaxClaims) claims.resize(kMaxClaims);
  ClaimTable table;
  for (auto& claim : claims) table.emplace(claim.id, std::move(claim));
  return table;
}

ClaimDiff DiffClaims(const ClaimTable& placed, const ClaimTable& wanted, TimePoint now) {
  ClaimDiff diff;
  for (const auto& [id, claim] : placed) {
    if (wanted.contains(id)) continue;
    (claim.end <= now ? diff.ended : diff.deleted).push_back(id);
  }
  for (const auto& [id, claim] : wanted) {
    const auto old = placed.find(id);
    if (old == placed.end() || old->second != claim) diff.put.push_back(claim);
  }
  return diff;
}

}  // namespace crosspoint::meeting_sync
