#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/clock/clock.h"

namespace crosspoint::calendar {

// Windows ids ("W. Europe Standard Time") and IANA names ("Europe/Berlin"), by the table in ICU. nullopt: no such zone.
std::optional<std::string> IanaFromWindows(std::string_view windows);
std::optional<std::string> WindowsFromIana(std::string_view iana);

bool IsIanaZone(std::string_view name);

// IANA name of whatever a calendar calls a zone: an IANA or Windows name, or a name with either at its end
// ("/freeassociation.sourceforge.net/Europe/Berlin"). nullopt: no idea.
std::optional<std::string> RecognizeZone(std::string_view name);

struct LocalTime {
  int year = 0;
  int month = 0;  // 1 to 12
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  auto operator<=>(const LocalTime&) const = default;
};

// Wall-clock time in a zone; UTC when there is no such zone. Proleptic Gregorian.
LocalTime ToLocal(TimePoint time, std::string_view iana);
// The instant of a wall-clock time. Of a time that a clock change skips: moved on by the change; of one that comes
// twice: the first. A date that does not exist counts on (the 31st of June is the 1st of July).
TimePoint FromLocal(const LocalTime& local, std::string_view iana);

}  // namespace crosspoint::calendar
