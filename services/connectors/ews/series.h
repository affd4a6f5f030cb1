#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/ews/types.h"

// Series as a server would list them, for servers that tell masters in a calendar view. Pure.
namespace crosspoint::ews {

// The occurrences and exceptions of `master` that overlap the window, without the deleted ones; a master whose rule is
// not told counts as a single item. What an exception has changed besides its times is not known here.
//   kInvalidArgument    a rule that makes no sense
//   kResourceExhausted  too many occurrences
absl::StatusOr<std::vector<CalendarItem>> ExpandSeries(const CalendarItem& master, TimePoint start, TimePoint end);

// An occurrence that is only computed has no id of its own on the server. It gets one made of the master's and its
// start, which GetCalendarItems understands; it cannot be changed or deleted by it.
std::string OccurrenceIdOf(const std::string& master_id, TimePoint original_start);
struct ComputedOccurrence {
  std::string master_id;
  TimePoint original_start;
};
// nullopt for an id that comes from the server.
std::optional<ComputedOccurrence> ParseOccurrenceId(const std::string& id);
// kNotFound when the series has no such occurrence (any more).
absl::StatusOr<CalendarItem> OccurrenceOf(const CalendarItem& master, TimePoint original_start);

// The rule in the words of RFC 5545; its end by the wall clock. Differs from the server's words where these mean
// another thing: the 31st of every month is the last day of short ones.
//   kInvalidArgument  incomplete or out of range
absl::StatusOr<std::string> RruleOf(const Recurrence& recurrence);

}  // namespace crosspoint::ews
