#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "presence/domain/claim.h"

namespace crosspoint::presence {

// The user's own word by hand is kept in two claims with fixed ids, which no other source may use.
inline constexpr char kHandSource[] = "hand";
inline constexpr char kHandOpenId[] = "by-hand-open";
inline constexpr char kHandUntilId[] = "by-hand-until";

inline bool IsByHand(const ClaimId& id) { return id.value == kHandOpenId || id.value == kHandUntilId; }

// What the user sets by hand.
struct OwnWord {
  enum class Until { kOpen, kTime, kEndOfRunningClaim };

  StateId state;
  std::string note;
  Until until = Until::kOpen;
  TimePoint end{};  // only with kTime
};

// What becomes of the user's claims: first `remove`, then `put`.
struct OwnWordPlan {
  std::vector<ClaimId> remove;
  std::optional<Claim> put;

  bool operator==(const OwnWordPlan&) const = default;
};

// How `word`, spoken at `now`, changes `claims`, which are all claims of the user.
// A bounded word lies over an open one, which shows again afterwards. An open word replaces both. Plain Available takes
// both back; while an automatic claim runs that says otherwise, it lasts until that claim's end.
//   kInvalidArgument     end_time is not after `now`
//   kFailedPrecondition  RUNNING_CLAIM_OPEN: the claim that speaks now has no end
absl::StatusOr<OwnWordPlan> PlanOwnWord(std::span<const Claim> claims, const OwnWord& word, TimePoint now);

}  // namespace crosspoint::presence
