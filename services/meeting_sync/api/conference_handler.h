#pragma once

#include "absl/status/status.h"
#include "common/grpcx/call.h"
#include "common/grpcx/methods.h"
#include "crosspoint/meeting_sync/v1/meeting_service.pb.h"
#include "meeting_sync/app/invitations.h"
#include "meeting_sync/app/meeting_editor.h"

namespace crosspoint::meeting_sync {

// The part of MeetingService that makes, changes and calls off meetings. Thread-safe.
class ConferenceHandler {
 public:
  ConferenceHandler(Invitations& invitations, MeetingEditor& editor) : invitations_(invitations), editor_(editor) {}

  void Bind(grpcx::Methods& methods);

  absl::Status PrepareInvite(const v1::PrepareInviteRequest& request, const grpcx::Call& call, v1::Invite& response);
  absl::Status AttachConference(const v1::AttachConferenceRequest& request, const grpcx::Call& call,
                                v1::Invite& response);
  absl::Status ConfirmInvite(const v1::ConfirmInviteRequest& request, const grpcx::Call& call, v1::Meeting& response);
  absl::Status CreateMeeting(const v1::CreateMeetingRequest& request, const grpcx::Call& call, v1::Meeting& response);
  absl::Status UpdateMeeting(const v1::UpdateMeetingRequest& request, const grpcx::Call& call, v1::Meeting& response);
  absl::Status CancelMeeting(const v1::CancelMeetingRequest& request, const grpcx::Call& call, v1::Meeting& response);

 private:
  Invitations& invitations_;
  MeetingEditor& editor_;
};

}  // namespace crosspoint::meeting_sync
