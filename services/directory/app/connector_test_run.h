#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "directory/app/ports.h"
#include "directory/app/user_feed.h"

namespace crosspoint::directory {

// Tests a tenant's connector with the mailbox of one of its users. Thread-safe; waits for Exchange.
class ConnectorTestRun {
 public:
  ConnectorTestRun(ConnectorProbe& probe, const UserFeed& feed) : probe_(probe), feed_(feed) {}

  // `mailbox` empty: that of the first user who may have one on Exchange. The answer comes before `deadline`, and
  // within a minute.
  absl::StatusOr<ConnectorReport> Run(const TenantId& tenant, const std::string& mailbox, Deadline deadline);

 private:
  std::string SomeMailbox(const TenantId& tenant) const;

  ConnectorProbe& probe_;
  const UserFeed& feed_;
};

}  // namespace crosspoint::directory
