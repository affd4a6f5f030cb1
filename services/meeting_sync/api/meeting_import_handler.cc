#include "meeting_sync/api/meeting_import_handler.h"

#include "common/status/status.h"
#include "meeting_sync/api/convert.h"

namespace crosspoint::meeting_sync {

void MeetingImportHandler::Bind(grpcx::Methods& methods) {
  methods.Unary("ImportIcs", this, &MeetingImportHandler::ImportIcs);
}

absl::Status MeetingImportHandler::ImportIcs(const v1::ImportIcsRequest& request, const grpcx::Call& call,
                                             v1::ImportIcsResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, UserId::Parse(request.parent(), "parent"));
  if (request.content().empty()) return InvalidField("content", "an iCalendar file (RFC 5545)");
  CROSSPOINT_ASSIGN_OR_RETURN(const auto result, import_.Import(user, request.content(), call.steady_deadline));
  for (const auto& meeting : result.meetings) *response.add_meetings() = ToProto(user, meeting);
  for (const auto& from : result.skipped) {
    auto& skipped = *response.add_skipped();
    skipped.set_ical_uid(from.uid);
    skipped.set_reason(from.reason);
  }
  return absl::OkStatus();
}

}  // namespace crosspoint::meeting_sync
