#include "voicemail/app/reasons.h"

#include "common/status/status.h"

namespace crosspoint::voicemail {

bool HasReason(const absl::Status& status, std::string_view reason) {
  const auto info = GetErrorInfo(status);
  return info && info->reason == reason;
}

absl::Status NotThere(std::string_view what) {
  return ErrorWithInfo(absl::StatusCode::kNotFound, what, {.reason = "RESOURCE_NOT_FOUND", .domain = "crosspoint"});
}

absl::Status Refused(absl::StatusCode code, std::string_view reason, std::string_view message) {
  return ErrorWithInfo(code, message, {.reason = std::string(reason), .domain = kErrorDomain});
}

absl::Status RequestIdReused() {
  return ErrorWithInfo(absl::StatusCode::kInvalidArgument,
                       "request_id: was used within 24 hours with other content; a new request needs a new id",
                       {.reason = "REQUEST_ID_REUSED", .domain = "crosspoint", .metadata = {{"field", "request_id"}}});
}

}  // namespace crosspoint::voicemail
