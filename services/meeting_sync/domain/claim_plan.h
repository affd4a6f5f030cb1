#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "meeting_sync/domain/item_link.h"

namespace crosspoint::meeting_sync {

// States of the availability table that a calendar speaks in by itself.
inline constexpr char kInAMeeting[] = "in-a-meeting";
inline constexpr char kOutOfOfficeState[] = "out-of-office";

// Presence takes 512 claims of a user; some are left to others.
inline constexpr size_t kMaxClaims = 400;

enum class ClaimClass {
  kCalendar,
  kOwnWord,  // the state was chosen in the invitation
};

// A meeting's wish for its owner's availability.
struct PlannedClaim {
  std::string id;  // "m" and the item's key: unique per user, the same for as long as the item exists
  ClaimClass claim_class = ClaimClass::kCalendar;
  std::string state;
  TimePoint start;
  TimePoint end;
  bool operator==(const PlannedClaim&) const = default;
};

using ClaimTable = std::map<std::string, PlannedClaim>;

// What `link` asks for; nullopt when it leaves its owner available: free, tentative or elsewhere without a chosen
// state, cancelled, declined, a series as such, or no time at all.
std::optional<PlannedClaim> ClaimFor(const ItemLink& link);

// The claims that shall stand at `now`: of all links that have not ended, at most kMaxClaims, the earliest first.
ClaimTable PlanClaims(const LinkTable& links, TimePoint now);

struct ClaimDiff {
  std::vector<PlannedClaim> put;
  std::vector<std::string> deleted;
  std::vector<std::string> ended;  // over by themselves: presence needs no word
};
ClaimDiff DiffClaims(const ClaimTable& placed, const ClaimTable& wanted, TimePoint now);

}  // namespace crosspoint::meeting_sync
