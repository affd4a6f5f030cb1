#pragma once

#include <chrono>
#include <map>
#include <string>

#include "common/config/binder.h"
#include "common/redis/redis_config.h"
#include "common/zmq/bus_config.h"
#include "connectors/ews/settings.h"
#include "directory/domain/tenant.h"

namespace crosspoint::directory {

struct TenantConfig {
  ews::EwsSettings ews;                             // where the corporate list and the pictures are
  std::map<std::string, ews::EwsSettings> secrets;  // credentials that the connector page may name
  // How the tenant is when it appears; from then on TenantService changes it.
  std::string display_name;  // empty: its id
  BridgeMode bridge_mode = BridgeMode::kOnSite;
  std::string region;
  MailboxBinding default_mailbox_binding = MailboxBinding::kDefault;
  OutlookUse default_outlook_use = OutlookUse::kAuto;

  Tenant ToTenant(const std::string& id) const;
};

struct DirectoryConfig {
  RedisConfig redis;
  BusConfig bus;
  std::map<std::string, TenantConfig> tenants;         // by tenant id; at least one
  std::chrono::milliseconds corporate_limit{1500};     // how long a search waits for the corporate list
  std::chrono::seconds photo_fresh_for{3600};          // a picture is not asked for again so soon
  std::chrono::milliseconds reconcile_interval{2000};  // how often changes are looked for without a hint
};

void BindConfig(config::Binder& binder, TenantConfig& tenant);
void BindConfig(config::Binder& binder, DirectoryConfig& config);

}  // namespace crosspoint::directory
