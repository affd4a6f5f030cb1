#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>

#include "absl/status/status.h"
#include "common/ids/ids.h"

namespace crosspoint::directory {

// Remembers whose server fails. After three failures in a row a tenant's server is left alone for five seconds, or for
// as long as it asks, so that searches do not queue up behind a dead one. Thread-safe.
class SourceHealth {
 public:
  //   kUnavailable  CONNECTOR_RESTING
  absl::Status MayAsk(const TenantId& tenant) const;
  // `back_off`: what the server asked for.
  void Note(const TenantId& tenant, const absl::Status& outcome, std::optional<std::chrono::milliseconds> back_off);

 private:
  struct Health {
    int failures = 0;
    std::chrono::steady_clock::time_point closed_until;
  };
  mutable std::mutex mu_;
  std::map<TenantId, Health> health_;  // guarded by mu_
};

}  // namespace crosspoint::directory
