#pragma once

#include "connectors/ews/soap/xml_reader.h"
#include "connectors/ews/types.h"

namespace crosspoint::ews {

// Any item element; what only calendar items have stays at its default for others.
CalendarItem ReadCalendarItem(const pugi::xml_node& item);

}  // namespace crosspoint::ews
