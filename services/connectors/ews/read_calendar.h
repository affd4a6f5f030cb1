#pragma once

#include "connectors/ews/types.h"
#include "connectors/ews/xml_reader.h"

namespace crosspoint::ews {

// Any item element; what only calendar items have stays at its default for others.
CalendarItem ReadCalendarItem(const pugi::xml_node& item);

}  // namespace crosspoint::ews
