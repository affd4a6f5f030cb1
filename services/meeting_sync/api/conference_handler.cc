#include "meeting_sync/api/conference_handler.h"

#include "common/status/status.h"
#include "meeting_sync/api/convert.h"
#include "meeting_sync/api/meeting_request.h"
#include "meeting_sync/api/viewer.h"
#include "meeting_sync/app/reasons.h"

namespace crosspoint::meeting_sync {
namespace {

// As the viewer may see it: the host code is the host's alone.
v1::Meeting Shown(const UserId& owner, Meeting meeting, Viewer viewer) {
  if (viewer != Viewer::kOwner && meeting.conference) {
    meeting.conference = ForRole(*meeting.conference, ConferenceRole::kPresenter);
  }
  return ToProto(owner, meeting);
}

v1::Invite Shown(const Invite& invite, Viewer viewer) {
  const auto& record = invite.meeting;
  v1::Invite shown;
  shown.set_name(record.correlation_id());
  *shown.mutable_meeting() = Shown(record.owner, ToMeeting(record), viewer);
  // One that was attached to an open item has its facts there.
  if (record.fields.end == TimePoint{}) {
    shown.mutable_meeting()->clear_start_time();
    shown.mutable_meeting()->clear_end_time();
  }
  shown.set_body(invite.body);
  shown.set_launch(invite.launch);
  if (record.state == BridgeState::kPrepared) {
    shown.mutable_meeting()->clear_status();
    *shown.mutable_expire_time() = ToProto(record.expires);
  }
  return shown;
}

absl::StatusOr<MeetingName> RecordName(const std::string& name, std::string_view field) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto parsed, MeetingName::Parse(name, field));
  if (!parsed.bridge_id) return NotThere("no such meeting");
  return parsed;
}

}  // namespace

void ConferenceHandler::Bind(grpcx::Methods& methods) {
  methods.Waiting("PrepareInvite", this, &ConferenceHandler::PrepareInvite);
  methods.Waiting("AttachConference", this, &ConferenceHandler::AttachConference);
  methods.Unary("ConfirmInvite", this, &ConferenceHandler::ConfirmInvite);
  methods.Waiting("CreateMeeting", this, &ConferenceHandler::CreateMeeting);
  methods.Waiting("UpdateMeeting", this, &ConferenceHandler::UpdateMeeting);
  methods.Waiting("CancelMeeting", this, &ConferenceHandler::CancelMeeting);
}

absl::Status ConferenceHandler::PrepareInvite(const v1::PrepareInviteRequest& request, const grpcx::Call& call,
                                              v1::Invite& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto owner, UserId::Parse(request.parent(), "parent"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto fields, FieldsFrom(request.meeting()));
  const auto viewer = ViewerOf(call, owner);
  if (!request.meeting().name().empty()) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto name, RecordName(request.meeting().name(), "meeting.name"));
    if (name.user != owner) return InvalidField("meeting.name", "a meeting of parent");
    CROSSPOINT_ASSIGN_OR_RETURN(const auto invite,
                                invitations_.PrepareChange(owner, *name.bridge_id, fields, call.steady_deadline));
    response = Shown(invite, viewer);
    return absl::OkStatus();
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto key, RequestKeyFrom(request));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto invite, invitations_.Prepare(owner, fields, key, call.steady_deadline));
  response = Shown(invite, viewer);
  return absl::OkStatus();
}

absl::Status ConferenceHandler::AttachConference(const v1::AttachConferenceRequest& request, const grpcx::Call& call,
                                                 v1::Invite& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto owner, UserId::Parse(request.parent(), "parent"));
  CROSSPOINT_RETURN_IF_ERROR(RequestKeyFrom(request).status());
  CROSSPOINT_ASSIGN_OR_RETURN(const auto invite, invitations_.Attach(owner, request.item_uid(), call.steady_deadline));
  response = Shown(invite, ViewerOf(call, owner));
  return absl::OkStatus();
}

absl::Status ConferenceHandler::ConfirmInvite(const v1::ConfirmInviteRequest& request, const grpcx::Call& call,
                                              v1::Meeting& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto name, RecordName(request.name(), "name"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto record,
                              invitations_.Confirm(name.user, *name.bridge_id, call.steady_deadline));
  response = Shown(name.user, ToMeeting(record), ViewerOf(call, name.user));
  return absl::OkStatus();
}

absl::Status ConferenceHandler::CreateMeeting(const v1::CreateMeetingRequest& request, const grpcx::Call& call,
                                              v1::Meeting& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto owner, UserId::Parse(request.parent(), "parent"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto fields, FieldsFrom(request.meeting()));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto key, RequestKeyFrom(request));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto record, invitations_.Create(owner, fields, key, call.steady_deadline));
  response = Shown(owner, ToMeeting(record), ViewerOf(call, owner));
  return absl::OkStatus();
}

absl::Status ConferenceHandler::UpdateMeeting(const v1::UpdateMeetingRequest& request, const grpcx::Call& call,
                                              v1::Meeting& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto name, MeetingName::Parse(request.meeting().name(), "meeting.name"));
  CROSSPOINT_ASSIGN_OR_RETURN(auto change, ChangeFrom(request.meeting(), request.update_mask()));
  const auto viewer = ViewerOf(call, name.user);
  const auto owner = name.user;
  CROSSPOINT_ASSIGN_OR_RETURN(
      auto meeting,
      editor_.Update({std::move(name), std::move(change), request.meeting().etag()}, viewer, call.steady_deadline));
  response = Shown(owner, std::move(meeting), viewer);
  return absl::OkStatus();
}

absl::Status ConferenceHandler::CancelMeeting(const v1::CancelMeetingRequest& request, const grpcx::Call& call,
                                              v1::Meeting& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto name, MeetingName::Parse(request.name()));
  const auto viewer = ViewerOf(call, name.user);
  CROSSPOINT_ASSIGN_OR_RETURN(auto meeting, editor_.Cancel(name, viewer, call.steady_deadline));
  response = Shown(name.user, std::move(meeting), viewer);
  return absl::OkStatus();
}

}  // namespace crosspoint::meeting_sync
