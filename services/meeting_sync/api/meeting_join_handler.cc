#include "meeting_sync/api/meeting_join_handler.h"

#include "common/status/status.h"
#include "meeting_sync/api/convert.h"

namespace crosspoint::meeting_sync {
namespace {

v1::ConferenceRole ToProto(JoinRole role) {
  switch (role) {
    case JoinRole::kHost:
      return v1::CONFERENCE_ROLE_HOST;
    case JoinRole::kPresenter:
      return v1::CONFERENCE_ROLE_PRESENTER;
    case JoinRole::kAttendee:
      return v1::CONFERENCE_ROLE_ATTENDEE;
    case JoinRole::kGuest:
      break;
  }
  return v1::CONFERENCE_ROLE_GUEST;
}

Joiner JoinerOf(const grpcx::Call& call) {
  const auto& principal = *call.principal;
  Joiner joiner{.unchecked = principal.kind == grpcx::Principal::Kind::kUnchecked, .peer = call.peer()};
  if (principal.kind == grpcx::Principal::Kind::kUser && !principal.user.value.empty()) joiner.user = principal.user;
  return joiner;
}

}  // namespace

void MeetingJoinHandler::Bind(grpcx::Methods& methods) {
  methods.Unary("JoinMeeting", this, &MeetingJoinHandler::JoinMeeting);
}

absl::Status MeetingJoinHandler::JoinMeeting(const v1::JoinMeetingRequest& request, const grpcx::Call& call,
                                             v1::JoinMeetingResponse& response) {
  JoinOrder order{.participant_code = request.participant_code(), .password = request.password()};
  if (!request.name().empty()) {
    CROSSPOINT_ASSIGN_OR_RETURN(order.meeting, MeetingName::Parse(request.name()));
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto joined, desk_.Join(order, JoinerOf(call), call.steady_deadline));
  *response.mutable_conference() = ToProto(joined.conference);
  response.set_role(ToProto(joined.role));
  return absl::OkStatus();
}

}  // namespace crosspoint::meeting_sync
