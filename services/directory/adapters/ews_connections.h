#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "connectors/ews/settings.h"
#include "directory/app/tenant_ports.h"

namespace crosspoint {
class RedisClient;
}
namespace crosspoint::ews {
class GateMetrics;
}

namespace crosspoint::directory {

// What the configuration has for a tenant's Exchange.
struct ConfiguredExchange {
  ews::EwsSettings ews;                             // may be not configured
  std::map<std::string, ews::EwsSettings> secrets;  // credentials by name, each for its own host or allowed hosts
};

// The Exchange of every tenant as its connector page and the configuration together say, each behind the gate shared
// through Redis. A page names the server and may switch it off; the credentials and the hosts that may get them are the
// configuration's alone. Thread-safe.
class EwsConnections final : public ExchangeAccess {
 public:
  // References must outlive it.
  EwsConnections(std::map<TenantId, ConfiguredExchange> configured, RedisClient& redis, ews::GateMetrics& metrics,
                 ews::EwsObserver observer);
  ~EwsConnections() override;

  ConnectorPage Configured(const TenantId& tenant) const override;
  absl::Status Check(const TenantId& tenant, const ConnectorPage& page) const override;
  void Apply(const TenantId& tenant, const ConnectorPage& page) override;

  // Whether the tenant's Exchange is switched on.
  bool Has(const TenantId& tenant) const;
  // Shared with calls under way while the page changes.
  //   kFailedPrecondition  NO_CONNECTOR, or why the page cannot be followed: see Check
  absl::StatusOr<std::shared_ptr<ews::EwsClient>> Find(const TenantId& tenant) const;
  // The same server and credentials without the gate.
  absl::StatusOr<ews::EwsConfig> ConfigOf(const TenantId& tenant) const;
  // Ends calls under way and later ones, for an orderly end.
  void Stop();

 private:
  struct Connection;
  absl::StatusOr<ews::EwsSettings> Effective(const TenantId& tenant, const ConnectorPage& page) const;
  std::shared_ptr<Connection> Open(const TenantId& tenant, const ConnectorPage& page) const;
  std::shared_ptr<Connection> Current(const TenantId& tenant) const;
  absl::StatusOr<std::shared_ptr<Connection>> Enabled(const TenantId& tenant) const;

  const std::map<TenantId, ConfiguredExchange> configured_;
  RedisClient& redis_;
  ews::GateMetrics& metrics_;
  const ews::EwsObserver observer_;
  mutable std::mutex mu_;
  bool stopped_ = false;                                         // guarded by mu_
  std::map<TenantId, std::shared_ptr<Connection>> connections_;  // guarded by mu_; shared with calls under way
};

}  // namespace crosspoint::directory
