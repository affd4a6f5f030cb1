#pragma once

#include <functional>
#include <map>
#include <string>

#include "meeting_sync/adapters/bridge_settings.h"
#include "meeting_sync/app/bridge_ports.h"

namespace crosspoint::meeting_sync {

// Conferences by configuration: the address of the tenant's bridge, its dial-in numbers, and codes made here. The store
// sees to it that no two meetings have one participant code. Thread-safe; never waits.
class ConfiguredBridge final : public Bridge {
 public:
  using Digits = std::function<std::string(size_t count)>;
  ConfiguredBridge(std::map<TenantId, BridgeSettings> tenants, Digits digits)
      : tenants_(std::move(tenants)), digits_(std::move(digits)) {}

  absl::StatusOr<Conference> CreateConference(const ConferenceOrder& order, Deadline deadline) override;

 private:
  std::string NewCode(size_t digits) const;

  const std::map<TenantId, BridgeSettings> tenants_;
  const Digits digits_;
};

}  // namespace crosspoint::meeting_sync
