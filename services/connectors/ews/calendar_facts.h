#pragma once

#include <string_view>

#include "connectors/ews/types.h"

// What follows from the facts of a calendar item. Pure.
namespace crosspoint::ews {

struct TimeSpan {
  TimePoint start;
  TimePoint end;
  bool operator==(const TimeSpan&) const = default;
};

// `days` whole days from `first` on, in a zone by its Windows or IANA name: from midnight to midnight there, as servers
// want the times of an all-day item.
TimeSpan AllDaySpan(const Date& first, int days, std::string_view zone);
// The days that an all-day item means: those of the zone it was made in, wherever the reader is. `zone` counts when the
// item tells none, as after FindCalendarItems.
Date FirstDayOf(const CalendarItem& item, std::string_view zone);
int DayCountOf(const CalendarItem& item);

// Takes from a private item of somebody else what nobody may see: all but times, state and ids. What the server did not
// tell counts as busy.
void HidePrivateFacts(CalendarItem& item);

// Whether nothing says that the item changed between two readings: change keys, else the time of the last change.
bool IsSameVersion(const CalendarItem& before, const CalendarItem& now);
// Whether `item` has what `update` set. Bodies are not compared: servers rewrite them.
bool Shows(const CalendarItem& item, const CalendarUpdate& update);

}  // namespace crosspoint::ews
