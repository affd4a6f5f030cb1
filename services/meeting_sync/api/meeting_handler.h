#pragma once

#include "absl/status/status.h"
#include "common/clock/clock.h"
#include "common/grpcx/call.h"
#include "common/grpcx/methods.h"
#include "crosspoint/meeting_sync/v1/meeting_service.pb.h"
#include "meeting_sync/app/feed_keeper.h"
#include "meeting_sync/app/meeting_book.h"

namespace crosspoint::meeting_sync {

// MeetingService over gRPC. Methods that are not bound answer UNIMPLEMENTED.
class MeetingHandler {
 public:
  MeetingHandler(MeetingBook& book, UserBook& users, SyncStore& store, MeetingStore& bridge, FeedKeeper& keeper,
                 const Clock& clock)
      : book_(book), users_(users), store_(store), bridge_(bridge), keeper_(keeper), clock_(clock) {}

  void Bind(grpcx::Methods& methods);

  absl::Status ListMeetings(const v1::ListMeetingsRequest& request, const grpcx::Call& call,
                            v1::ListMeetingsResponse& response);
  absl::Status GetMeeting(const v1::GetMeetingRequest& request, const grpcx::Call& call, v1::Meeting& response);
  absl::Status DownloadIcs(const v1::DownloadIcsRequest& request, const grpcx::Call& call, v1::IcsFile& response);
  absl::Status ListMailboxSyncs(const v1::ListMailboxSyncsRequest& request, const grpcx::Call& call,
                                v1::ListMailboxSyncsResponse& response);
  absl::Status ResyncMailbox(const v1::ResyncMailboxRequest& request, const grpcx::Call& call,
                             v1::ResyncMailboxResponse& response);

  // How the reading of the user's mailbox stands.
  absl::StatusOr<v1::MailboxSync> SyncOf(const UserId& user, Deadline deadline);

 private:
  absl::StatusOr<Meeting> Find(const std::string& name, const grpcx::Call& call);

  MeetingBook& book_;
  UserBook& users_;
  SyncStore& store_;
  MeetingStore& bridge_;
  FeedKeeper& keeper_;
  const Clock& clock_;
};

}  // namespace crosspoint::meeting_sync
