#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/ids/ids.h"
#include "common/log/log.h"

namespace crosspoint::meeting_sync {

// Whether the mail server of each tenant answers. An outage is logged once when it begins and once when it ends, not
// per mailbox. Thread-safe.
class TenantHealth {
 public:
  TenantHealth(std::vector<TenantId> tenants, log::Logger& log);

  void Reached(const TenantId& tenant);
  // `status` of a call that failed; only trouble of the server as a whole counts, not of one mailbox.
  void Failed(const TenantId& tenant, const absl::Status& status);

  // OK once any tenant's server has answered since the start, or when there is no tenant at all: one tenant's server
  // must not keep the others from being served. Later outages degrade, they do not make the service unready.
  absl::Status Ready() const;
  // How many tenants' servers do not answer now.
  int tenants_down() const;

 private:
  struct Entry {
    bool reached = false;  // ever
    bool down = false;
    std::string problem;
  };
  log::Logger& log_;
  mutable std::mutex mu_;
  std::map<TenantId, Entry> tenants_;  // guarded by mu_
};

}  // namespace crosspoint::meeting_sync
