#pragma once

#include <memory>
#include <vector>

#include "common/ids/ids.h"
#include "crosspoint/meeting_sync/v1/mailbox_feed_service.pb.h"

namespace grpc {
class Channel;
}

namespace crosspoint {
class TaskRunner;
namespace log {
class Logger;
}
}  // namespace crosspoint

namespace crosspoint::clients {

// Told on a thread of gRPC's; must not block.
class MailboxFeedListener {
 public:
  virtual ~MailboxFeedListener() = default;
  // Something in the folder changed. The same change may be told twice.
  virtual void OnChange(const UserId& user, meeting_sync::v1::MailboxFolder folder) = 0;
  // Changes may have gone untold, also before the first one: synchronise every mailbox of the tenant once.
  virtual void OnGap(const TenantId& tenant) = 0;
};

// Follows the mailbox feed of some tenants: one watch each, opened again when it ends, from where it stood. The place
// is kept in memory only, so a new process begins with OnGap. Costs no thread. An outage is logged once, as
// mailbox_feed_unreachable.
class MailboxFeedFollower {
 public:
  // References must outlive it. `tasks` runs reconnects; stop them before destroying this.
  MailboxFeedFollower(std::shared_ptr<grpc::Channel> channel, const std::vector<TenantId>& tenants,
                      MailboxFeedListener& listener, TaskRunner& tasks, log::Logger& log);
  ~MailboxFeedFollower();  // Stop

  void Start();
  // Ends the watches and waits for their last callback. Idempotent.
  void Stop();

 private:
  class Watch;
  std::vector<std::shared_ptr<Watch>> watches_;  // shared with tasks and with gRPC while a stream runs
};

}  // namespace crosspoint::clients
