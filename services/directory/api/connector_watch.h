#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "common/grpcx/stream.h"
#include "crosspoint/directory/v1/connector_service.pb.h"
#include "directory/app/connector_book.h"

namespace crosspoint::directory {

// What clients learn of a page.
::crosspoint::directory::v1::ClientConfig ClientConfigOf(const ConnectorPage& page);

// One WatchClientConfig stream: writes the configuration as it is and then each time it became another one. A slow
// reader gets the newest.
class ConnectorWatch : public std::enable_shared_from_this<ConnectorWatch> {
 public:
  using Stream = grpcx::ServerStream<::crosspoint::directory::v1::ClientConfig>;

  // Lives as long as the stream does; `book` must outlive it.
  static void Start(ConnectorBook& book, const TenantId& tenant, std::shared_ptr<Stream> stream);

  ConnectorWatch(ConnectorBook& book, TenantId tenant, std::shared_ptr<Stream> stream);

 private:
  void Pump();

  ConnectorBook& book_;
  const TenantId tenant_;
  const std::shared_ptr<Stream> stream_;  // shared with gRPC, which drops its side when the call ends
  std::mutex mu_;
  std::string written_;                                    // guarded by mu_; what the reader has, empty: nothing
  std::unique_ptr<Listeners::Subscription> subscription_;  // set once in Start, dropped at the end
};

}  // namespace crosspoint::directory
