#pragma once

#include <memory>

#include "common/grpcx/call.h"
#include "common/grpcx/methods.h"
#include "common/grpcx/stream.h"
#include "crosspoint/meeting_sync/v1/meeting_service.pb.h"
#include "meeting_sync/app/meeting_watch.h"

namespace crosspoint::meeting_sync {

// WatchMeetings of MeetingService. Thread-safe.
class MeetingWatchHandler {
 public:
  explicit MeetingWatchHandler(MeetingWatch& watch) : watch_(watch) {}

  void Bind(grpcx::Methods& methods);
  void WatchMeetings(const v1::WatchMeetingsRequest& request, const grpcx::Call& call,
                     std::shared_ptr<grpcx::ServerStream<v1::WatchMeetingsResponse>> stream);

 private:
  MeetingWatch& watch_;
};

}  // namespace crosspoint::meeting_sync
