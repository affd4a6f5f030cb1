#pragma once

#include <functional>

#include "absl/status/status.h"
#include "common/grpcx/call.h"
#include "common/grpcx/methods.h"
#include "crosspoint/meeting_sync/v1/meeting_service.pb.h"
#include "meeting_sync/app/live_link.h"
#include "meeting_sync/app/meeting_book.h"

namespace crosspoint::meeting_sync {

// The part of MeetingService that tells about the live link and ends its brake. Thread-safe.
class LinkHandler {
 public:
  using SyncOf = std::function<absl::StatusOr<v1::MailboxSync>(const UserId&, Deadline)>;
  LinkHandler(MeetingStore& store, MeetingBook& book, LiveLink& link, UserBook& users, SyncOf sync_of)
      : store_(store), book_(book), link_(link), users_(users), sync_of_(std::move(sync_of)) {}

  void Bind(grpcx::Methods& methods);

  absl::Status ListConflicts(const v1::ListConflictsRequest& request, const grpcx::Call& call,
                             v1::ListConflictsResponse& response);
  absl::Status ExplainMeeting(const v1::ExplainMeetingRequest& request, const grpcx::Call& call,
                              v1::ExplainMeetingResponse& response);
  absl::Status ResolveBrake(const v1::ResolveBrakeRequest& request, const grpcx::Call& call,
                            v1::ResolveBrakeResponse& response);

 private:
  MeetingStore& store_;
  MeetingBook& book_;
  LiveLink& link_;
  UserBook& users_;
  const SyncOf sync_of_;
};

}  // namespace crosspoint::meeting_sync
