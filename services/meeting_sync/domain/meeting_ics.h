#pragma once

#include <string>

#include "common/clock/time_point.h"
#include "meeting_sync/domain/meeting.h"

namespace crosspoint::meeting_sync {

// The meeting as an iCalendar file, made at `now`.
std::string MeetingToIcs(const Meeting& meeting, TimePoint now);

// A name to save the file under: letters and digits of the subject, at most 60, never a path.
std::string IcsFileName(const Meeting& meeting);

}  // namespace crosspoint::meeting_sync
