#pragma once

#include "absl/status/status.h"
#include "common/grpcx/call.h"
#include "common/grpcx/methods.h"
#include "crosspoint/meeting_sync/v1/meeting_service.pb.h"
#include "meeting_sync/app/join_desk.h"

namespace crosspoint::meeting_sync {

// JoinMeeting of MeetingService. Thread-safe.
class MeetingJoinHandler {
 public:
  explicit MeetingJoinHandler(JoinDesk& desk) : desk_(desk) {}

  void Bind(grpcx::Methods& methods);
  absl::Status JoinMeeting(const v1::JoinMeetingRequest& request, const grpcx::Call& call,
                           v1::JoinMeetingResponse& response);

 private:
  JoinDesk& desk_;
};

}  // namespace crosspoint::meeting_sync
