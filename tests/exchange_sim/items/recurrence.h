#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "exchange_sim/time_zone.h"
#include "exchange_sim/xml.h"

namespace crosspoint::exchange_sim {

// The recurrence of a series as EWS words it.
struct Recurrence {
  enum class Pattern { kDaily, kWeekly, kAbsoluteMonthly, kRelativeMonthly, kAbsoluteYearly, kRelativeYearly };
  // Which of the fitting days of a month: First .. Fourth are 1 .. 4.
  static constexpr int kLast = 5;

  Pattern pattern = Pattern::kDaily;
  int interval = 1;
  unsigned weekdays = 0;  // bit 0 is Sunday
  std::string weekday_words;
  std::string first_day_of_week;  // as sent, empty when not
  int day_of_month = 1;
  int week_index = 1;
  int month = 1;
  std::chrono::local_days start_date;
  std::optional<std::chrono::local_days> end_date;  // inclusive
  std::optional<int> count;
};

//   ErrorCalendarInvalidRecurrence  values that make no series
absl::StatusOr<Recurrence> ParseRecurrence(pugi::xml_node node);
void WriteRecurrence(XmlWriter& out, const Recurrence& recurrence);

// The starts of the series, in UTC and in order, that lie before `before`; at most `limit`. `time_of_day` is local
// seconds after midnight. Exceptions are the caller's.
std::vector<Seconds> ExpandStarts(const Recurrence& recurrence, const TimeZone& zone, Seconds time_of_day,
                                  Seconds before, size_t limit);

}  // namespace crosspoint::exchange_sim
