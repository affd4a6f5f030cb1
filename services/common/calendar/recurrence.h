#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/calendar/time_zone.h"

namespace crosspoint::calendar {

struct RuleWindow {
  LocalTime from;
  LocalTime until;  // not included
};

// When a series begins its occurrences: by `rule` (RFC 5545, UNTIL without zone) from `first` on, all by one wall
// clock, as far as they lie in `window`. An open or dated rule is entered at the window; one with COUNT is counted from
// its beginning. `first` itself counts only if the rule hits it.
//   kInvalidArgument    not a rule, or one that can never hit
//   kResourceExhausted  more than `max_steps` occurrences would have to be looked at
absl::StatusOr<std::vector<LocalTime>> ExpandRule(const std::string& rule, const LocalTime& first,
                                                  const RuleWindow& window, int max_steps);

}  // namespace crosspoint::calendar
