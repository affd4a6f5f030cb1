#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "common/grpcx/stream.h"
#include "crosspoint/presence/v1/presence_service.pb.h"
#include "presence/app/email_book.h"
#include "presence/app/table_book.h"
#include "presence/app/watch_hub.h"

namespace crosspoint::presence {

// One WatchPresence call: what the caller asks goes to the hub, what the hub writes goes to the caller. Kept alive by
// the stream's callbacks until the call has ended.
class WatchStream {
 public:
  using Stream = grpcx::BidiStream<v1::WatchPresenceRequest, v1::WatchPresenceResponse>;

  // References must outlive the stream.
  static void Begin(WatchHub& hub, PeopleFinder& people, const TableBook& tables, std::shared_ptr<Stream> stream);

 private:
  WatchStream(WatchHub& hub, PeopleFinder& people, const TableBook& tables, std::shared_ptr<Stream> stream)
      : hub_(hub), people_(people), tables_(tables), stream_(std::move(stream)) {}

  absl::Status OnMessage(const v1::WatchPresenceRequest& request);
  // Tells whose the addresses are and adds those users.
  absl::Status AddOwners(const v1::WatchPresenceRequest& request, std::vector<UserKey>& added);

  WatchHub& hub_;
  PeopleFinder& people_;
  const TableBook& tables_;
  const std::shared_ptr<Stream> stream_;  // shared with gRPC's side and with the hub's sink
  std::shared_ptr<Watch> watch_;          // shared with the hub; set by the first message
};

}  // namespace crosspoint::presence
