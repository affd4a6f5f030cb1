#include "contact/app/reasons.h"

#include <string>

#include "common/status/status.h"

namespace crosspoint::contact {

absl::Status Refused(absl::StatusCode code, std::string_view reason, std::string_view message) {
  return ErrorWithInfo(code, message, {.reason = std::string(reason), .domain = "contact.crosspoint", .metadata = {}});
}

absl::Status RequestIdReused() {
  return ErrorWithInfo(absl::StatusCode::kInvalidArgument,
                       "request_id: was used within 24 hours with other content; a new request needs a new id",
                       {.reason = "REQUEST_ID_REUSED", .domain = "crosspoint", .metadata = {{"field", "request_id"}}});
}

bool HasReason(const absl::Status& status, std::string_view reason) {
  const auto info = GetErrorInfo(status);
  return info && info->reason == reason;
}

}  // namespace crosspoint::contact
