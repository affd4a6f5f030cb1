#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "common/grpcx/call.h"
#include "common/grpcx/methods.h"
#include "common/grpcx/stream.h"
#include "crosspoint/meeting_sync/v1/mailbox_feed_service.pb.h"
#include "meeting_sync/app/feed_reader.h"

namespace crosspoint::meeting_sync {

// MailboxFeedService over gRPC. All watchers are served by one thread that looks at their streams a few times a second;
// a slow one is simply not given more until it has room, its place in the feed is kept. Thread-safe.
class MailboxFeedHandler {
 public:
  explicit MailboxFeedHandler(FeedReader& feed) : feed_(feed) {}

  void Bind(grpcx::Methods& methods);
  void WatchChanges(const v1::WatchChangesRequest& request, const grpcx::Call& call,
                    std::shared_ptr<grpcx::ServerStream<v1::WatchChangesResponse>> stream);

  // Serves the watchers until stopped; for one background thread.
  void Run(std::stop_token stop);

 private:
  struct Watcher {
    TenantId tenant;
    std::string watermark;
    std::shared_ptr<grpcx::ServerStream<v1::WatchChangesResponse>> stream;  // shared with gRPC's side of it
  };
  void Serve(Watcher& watcher);

  FeedReader& feed_;
  std::mutex mu_;
  std::list<Watcher> new_watchers_;  // guarded by mu_
};

}  // namespace crosspoint::meeting_sync
