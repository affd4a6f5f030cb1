#pragma once

#include "connectors/ews/types.h"
#include "meeting_sync/domain/meeting.h"
#include "meeting_sync/domain/meeting_fields.h"

namespace crosspoint::meeting_sync {

CalendarEntry EntryFrom(const ews::CalendarItem& item);
Meeting MeetingFrom(const ews::CalendarItem& item);

// What gives an item those fields of `wanted`.
ews::CalendarUpdate UpdateFor(const MeetingFields& wanted, const std::vector<Field>& fields);

}  // namespace crosspoint::meeting_sync
