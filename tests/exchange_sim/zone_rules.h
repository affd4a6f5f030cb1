#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "exchange_sim/time_zone.h"
#include "exchange_sim/xml.h"

namespace crosspoint::exchange_sim {

// When a zone changes its clocks, in words that hold for every year.
struct ClockChange {
  int month = 1;
  int week = 1;              // of the month, 5 is the last
  int weekday = 0;           // 0 is Sunday
  Seconds time_of_day = 0;   // by the clock before the change
  Seconds offset_after = 0;  // east of UTC
};

struct ZoneRules {
  Seconds standard_offset = 0;
  std::optional<ClockChange> to_daylight;  // both or neither
  std::optional<ClockChange> to_standard;
};

// Read off the zone's behaviour in `year`.
ZoneRules RulesOf(const TimeZone& zone, int year);

// The zone of a t:TimeZone in GetUserAvailability.
//   ErrorInvalidRequest  values that make no rule
absl::StatusOr<TimeZonePtr> ParseSerializableZone(pugi::xml_node node);
// What stands in a t:TimeZone.
void WriteSerializableZone(XmlWriter& out, const TimeZone& zone, int year);
// <t:TimeZoneDefinition>, with periods and transitions if `full`.
void WriteZoneDefinition(XmlWriter& out, const TimeZone& zone, int year, bool full);

int YearOf(Seconds at);
inline constexpr std::array<std::string_view, 7> kWeekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                              "Thursday", "Friday", "Saturday"};

}  // namespace crosspoint::exchange_sim
