#pragma once

#include <memory>
#include <mutex>

#include "common/grpcx/stream.h"
#include "crosspoint/directory/v1/directory_service.pb.h"
#include "directory/app/user_feed.h"

namespace crosspoint::directory {

// One WatchUsers stream: writes what the reader lacks whenever there is something new and room to write. A slow reader
// costs no memory: it is given each user's newest state once it has room again.
class UserWatch : public std::enable_shared_from_this<UserWatch> {
 public:
  using Stream = grpcx::ServerStream<::crosspoint::directory::v1::WatchUsersResponse>;

  // Lives as long as the stream does; `feed` must outlive it.
  static void Start(UserFeed& feed, const TenantId& tenant, FeedPosition position, std::shared_ptr<Stream> stream);

  UserWatch(UserFeed& feed, TenantId tenant, FeedPosition position, std::shared_ptr<Stream> stream);

 private:
  void Pump();

  UserFeed& feed_;
  const TenantId tenant_;
  const std::shared_ptr<Stream> stream_;  // shared with gRPC, which drops its side when the call ends
  std::mutex mu_;
  FeedPosition position_;                                 // guarded by mu_; behind what was written
  bool synced_ = false;                                   // guarded by mu_
  std::unique_ptr<UserFeed::Subscription> subscription_;  // set once in Start, dropped at the end
};

}  // namespace crosspoint::directory
