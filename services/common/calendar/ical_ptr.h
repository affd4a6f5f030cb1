#pragma once

#include <libical/ical.h>

#include <memory>

namespace crosspoint::calendar {

struct IcalDeleter {
  void operator()(icalcomponent* component) const { icalcomponent_free(component); }
};
using IcalPtr = std::unique_ptr<icalcomponent, IcalDeleter>;

// libical stops the process at bad input unless told otherwise; once per process.
inline void PrepareIcal() {
  static const bool prepared = [] {
    icalerror_set_errors_are_fatal(0);
    return true;
  }();
  static_cast<void>(prepared);
}

}  // namespace crosspoint::calendar
