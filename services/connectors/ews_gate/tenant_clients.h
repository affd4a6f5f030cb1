#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "connectors/ews/client.h"
#include "connectors/ews/settings.h"
#include "connectors/ews_gate/redis_gate.h"

namespace crosspoint::ews {

// The EWS clients of a service, one per tenant that has a server, each behind the gate shared through Redis.
// Thread-safe.
class TenantClients {
 public:
  // `tenants` by tenant id; those without a server are left out. `redis` and `registry` must outlive it; once per
  // registry.  kInvalidArgument: settings that cannot work, with the tenant named
  static absl::StatusOr<std::unique_ptr<TenantClients>> Create(const std::map<std::string, EwsSettings>& tenants,
                                                               RedisClient& redis, metrics::Registry& registry);

  // nullptr when the tenant has no server. Lives as long as this.
  EwsClient* Find(const std::string& tenant) const;
  const std::map<std::string, std::unique_ptr<EwsClient>>& all() const { return clients_; }

  // Ends all calls in flight, which would otherwise keep the process for as long as a server hangs.
  void Stop();

 private:
  explicit TenantClients(metrics::Registry& registry) : metrics_(registry) {}

  GateMetrics metrics_;
  std::map<std::string, std::unique_ptr<RedisEwsGate>> gates_;
  std::map<std::string, std::unique_ptr<EwsClient>> clients_;
};

}  // namespace crosspoint::ews
