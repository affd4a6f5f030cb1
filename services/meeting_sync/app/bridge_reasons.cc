#include "meeting_sync/app/bridge_reasons.h"

#include "common/status/status.h"
#include "meeting_sync/app/reasons.h"

namespace crosspoint::meeting_sync {

absl::Status MeetingChanged() {
  return Refused(absl::StatusCode::kAborted, kMeetingChanged, "the meeting has changed since; read it again");
}

absl::Status CodeTaken() {
  return Refused(absl::StatusCode::kAlreadyExists, kCodeTaken, "the participant code is another meeting's");
}

absl::Status AlreadyMade(const MeetingId& meeting) {
  return ErrorWithInfo(
      absl::StatusCode::kAlreadyExists, "the request was carried out before",
      {.reason = std::string(kRequestRepeated), .domain = kErrorDomain, .metadata = {{"meeting", meeting.value}}});
}

absl::Status RequestReused() {
  return ErrorWithInfo(absl::StatusCode::kInvalidArgument,
                       "request_id: was used within 24 hours with other content; a new request needs a new id",
                       {.reason = "REQUEST_ID_REUSED", .domain = "crosspoint", .metadata = {{"field", "request_id"}}});
}

absl::Status TooMany(std::string_view what, size_t limit) {
  return Refused(absl::StatusCode::kResourceExhausted, "TOO_MANY_MEETINGS",
                 "at most " + std::to_string(limit) + " " + std::string(what));
}

}  // namespace crosspoint::meeting_sync
