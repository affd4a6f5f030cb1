#pragma once

#include <memory>
#include <mutex>

#include "common/grpcx/stream.h"
#include "contact/app/shelf.h"
#include "crosspoint/contact/v1/contact_service.pb.h"

namespace crosspoint::contact {

// One WatchContacts stream: writes what the reader lacks whenever there is something new and room to write. A slow
// reader costs no memory: it is given each contact's newest state once it has room again.
class ContactWatch : public std::enable_shared_from_this<ContactWatch> {
 public:
  using Stream = grpcx::ServerStream<::crosspoint::contact::v1::WatchContactsResponse>;

  // Lives as long as the stream does; `shelf` must outlive it. Waits for the store.
  static void Start(Shelf& shelf, const UserId& owner, WatchPosition position, std::shared_ptr<Stream> stream);

  ContactWatch(Shelf& shelf, UserId owner, WatchPosition position, std::shared_ptr<Stream> stream);

 private:
  void Pump();

  Shelf& shelf_;
  const UserId owner_;
  const std::shared_ptr<Stream> stream_;  // shared with gRPC, which drops its side when the call ends
  std::mutex mu_;
  WatchPosition position_;                             // guarded by mu_; behind what was written
  bool synced_ = false;                                // guarded by mu_
  std::unique_ptr<Shelf::Subscription> subscription_;  // set once in Start, dropped at the end
};

}  // namespace crosspoint::contact
