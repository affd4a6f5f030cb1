#pragma once

#include "connectors/ews/types.h"
#include "meeting_sync/domain/meeting.h"

namespace crosspoint::meeting_sync {

CalendarEntry EntryFrom(const ews::CalendarItem& item);
Meeting MeetingFrom(const ews::CalendarItem& item);

}  // namespace crosspoint::meeting_sync
