#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>

#include "directory/adapters/ews_connections.h"
#include "directory/app/ports.h"

namespace crosspoint::directory {

// The GAL and its pictures by EWS, for the tenants whose Exchange is switched on. After three failures in a row a
// tenant's server is left alone for five seconds, so that searches do not queue up behind a dead one. Thread-safe.
class EwsDirectory final : public CorporateDirectory, public PhotoSource {
 public:
  explicit EwsDirectory(const EwsConnections& connections) : connections_(connections) {}

  bool Has(const TenantId& tenant) const override;
  absl::StatusOr<std::vector<CorporateEntry>> Search(const TenantId& tenant, const std::string& query,
                                                     Deadline deadline) override;
  absl::StatusOr<Answer> Fetch(const TenantId& tenant, const std::string& email, int size,
                               const std::string& known_etag, Deadline deadline) override;

 private:
  struct Health {
    int failures = 0;
    std::chrono::steady_clock::time_point closed_until;
  };
  absl::StatusOr<std::shared_ptr<ews::EwsClient>> Open(const TenantId& tenant);
  void Note(const TenantId& tenant, const absl::Status& status);

  const EwsConnections& connections_;
  std::mutex mu_;
  std::map<TenantId, Health> health_;  // guarded by mu_
};

}  // namespace crosspoint::directory
