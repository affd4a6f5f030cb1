#include "meeting_sync/api/meeting_watch_handler.h"

#include <utility>

#include "meeting_sync/api/convert.h"
#include "meeting_sync/api/viewer.h"

namespace crosspoint::meeting_sync {
namespace {

// A watcher's gRPC stream.
class StreamSink final : public WatchSink {
 public:
  StreamSink(UserId user, std::shared_ptr<grpcx::ServerStream<v1::WatchMeetingsResponse>> stream)
      : user_(std::move(user)), stream_(std::move(stream)) {}

  bool Tell(const WatchNews& news) override {
    v1::WatchMeetingsResponse response;
    for (const auto& meeting : news.meetings) *response.add_meetings() = ToProto(user_, meeting);
    for (const auto& name : news.removed) response.add_removed(name);
    response.set_resume_token(news.resume_token);
    response.set_synced(news.synced);
    response.set_gap(news.gap);
    return stream_->Write(response);
  }
  bool closed() const override { return stream_->closed(); }
  void End(const absl::Status& status) override { stream_->Finish(status); }

 private:
  const UserId user_;
  const std::shared_ptr<grpcx::ServerStream<v1::WatchMeetingsResponse>> stream_;  // shared with gRPC's side of it
};

}  // namespace

void MeetingWatchHandler::Bind(grpcx::Methods& methods) {
  methods.ServerStream("WatchMeetings", this, &MeetingWatchHandler::WatchMeetings);
}

void MeetingWatchHandler::WatchMeetings(const v1::WatchMeetingsRequest& request, const grpcx::Call& call,
                                        std::shared_ptr<grpcx::ServerStream<v1::WatchMeetingsResponse>> stream) {
  const auto user = UserId::Parse(request.parent(), "parent");
  if (!user.ok()) return stream->Finish(user.status());
  const auto status =
      watch_.Add(*user, ViewerOf(call, *user), request.resume_token(), std::make_shared<StreamSink>(*user, stream));
  if (!status.ok()) stream->Finish(status);
}

}  // namespace crosspoint::meeting_sync
