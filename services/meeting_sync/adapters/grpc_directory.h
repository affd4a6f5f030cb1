#pragma once

#include <memory>
#include <vector>

#include "common/log/log.h"
#include "meeting_sync/app/ports.h"
#include "meeting_sync/app/user_book.h"

namespace grpc {
class Channel;
}

namespace crosspoint::meeting_sync {

// Keeps the user book equal to the directory's users: one watch per tenant, opened again when it ends, from where it
// stood. Costs no thread. An outage of the directory is logged once.
class GrpcDirectory {
 public:
  // References must outlive it. `tasks` runs reconnects; stop them before destroying this.
  GrpcDirectory(std::shared_ptr<grpc::Channel> channel, std::vector<TenantId> tenants, UserBook& book,
                TaskRunner& tasks, log::Logger& log);
  ~GrpcDirectory();  // Stop

  void Start();
  // Ends the watches and waits for their last callback. Idempotent.
  void Stop();

 private:
  struct Watch;
  std::vector<std::shared_ptr<Watch>> watches_;  // shared with tasks and with gRPC while a stream runs
};

}  // namespace crosspoint::meeting_sync
