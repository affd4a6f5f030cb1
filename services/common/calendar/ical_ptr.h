#pragma once

#include <libical/ical.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <string_view>

namespace crosspoint::calendar {

struct IcalDeleter {
  void operator()(icalcomponent* component) const { icalcomponent_free(component); }
};
using IcalPtr = std::unique_ptr<icalcomponent, IcalDeleter>;

// Rules of other calendars than the Gregorian are not for us; libical also loses memory with each.
inline bool HasOtherCalendar(std::string_view rule) {
  constexpr std::string_view kName = "RSCALE";
  return std::search(rule.begin(), rule.end(), kName.begin(), kName.end(),
                     [](char a, char b) { return std::toupper(static_cast<unsigned char>(a)) == b; }) != rule.end();
}

// libical stops the process at bad input unless told otherwise; once per process.
inline void PrepareIcal() {
  static const bool prepared = [] {
    icalerror_set_errors_are_fatal(0);
    return true;
  }();
  static_cast<void>(prepared);
}

}  // namespace crosspoint::calendar
