#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "common/ids/ids.h"

namespace grpc {
class Channel;
}

namespace crosspoint {
class TaskRunner;
namespace log {
class Logger;
}
namespace directory::v1 {
class User;
}
}  // namespace crosspoint

namespace crosspoint::clients {

// Told on a thread of gRPC's; must not block.
class UserListener {
 public:
  virtual ~UserListener() = default;
  // The directory begins anew: whoever is not named until Synced is gone.
  virtual void Restart(const TenantId& tenant) = 0;
  // A user as it is now; with `delete_time` it is deleted.
  virtual void Put(const UserId& id, const directory::v1::User& user) = 0;
  // All users have been named.
  virtual void Synced(const TenantId& tenant) = 0;
};

// Keeps a listener equal to the directory's users: one watch per tenant, opened again when it ends, from where it
// stood. Costs no thread. An outage is logged once, as directory_unreachable.
class DirectoryFollower {
 public:
  // References must outlive it. `tasks` runs reconnects; stop them before destroying this.
  DirectoryFollower(std::shared_ptr<grpc::Channel> channel, const std::vector<TenantId>& tenants,
                    UserListener& listener, TaskRunner& tasks, log::Logger& log);
  ~DirectoryFollower();  // Stop

  void Start();
  // One more tenant, from now on. One that is followed already is left as it is. Before Start and after Stop nothing
  // happens. Cheap.
  void Follow(const TenantId& tenant);
  // Ends the watches and waits for their last callback. Idempotent.
  void Stop();

 private:
  class Watch;
  void AddLocked(const TenantId& tenant);

  const std::shared_ptr<grpc::Channel> channel_;  // shared with the watches
  UserListener& listener_;
  TaskRunner& tasks_;
  log::Logger& log_;
  std::mutex mu_;
  bool running_ = false;  // guarded by mu_
  // guarded by mu_; shared with tasks and with gRPC while a stream runs
  std::map<TenantId, std::shared_ptr<Watch>> watches_;
};

}  // namespace crosspoint::clients
