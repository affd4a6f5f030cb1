#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "meeting_sync/domain/meeting.h"

namespace crosspoint::meeting_sync {

inline constexpr std::string_view kMeetingChanged = "MEETING_CHANGED";
inline constexpr std::string_view kCodeTaken = "CODE_TAKEN";
inline constexpr std::string_view kRequestRepeated = "REQUEST_REPEATED";

// Errors of the MeetingStore, as every store says them.
absl::Status MeetingChanged();
absl::Status CodeTaken();
absl::Status AlreadyMade(const MeetingId& meeting);
absl::Status RequestReused();
absl::Status TooMany(std::string_view what, size_t limit);

}  // namespace crosspoint::meeting_sync
