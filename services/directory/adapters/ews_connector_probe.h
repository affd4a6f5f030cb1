#pragma once

#include "directory/adapters/ews_connections.h"
#include "directory/app/ports.h"

namespace crosspoint::directory {

// Tests the Exchange of the tenants that have one, by a connection of its own each time. It goes around the gate that
// other requests pass: about a dozen, one after another, by which a person wants to see what the server itself says.
// Thread-safe.
class EwsConnectorProbe final : public ConnectorProbe {
 public:
  explicit EwsConnectorProbe(const EwsConnections& connections) : connections_(connections) {}

  absl::StatusOr<ConnectorReport> Probe(const TenantId& tenant, const std::string& mailbox, Deadline deadline) override;

 private:
  const EwsConnections& connections_;
};

}  // namespace crosspoint::directory
