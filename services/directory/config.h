#pragma once

#include <chrono>
#include <map>
#include <string>

#include "common/config/binder.h"
#include "common/grpcx/channel.h"
#include "common/redis/redis_config.h"
#include "common/zmq/bus_config.h"
#include "connectors/ews/settings.h"
#include "connectors/ldap/settings.h"
#include "directory/domain/tenant.h"

namespace crosspoint::directory {

// Where a tenant's corporate list and pictures come from.
enum class CorporateSource { kEws, kLdap };

struct TenantConfig {
  ews::EwsSettings ews;                             // where the corporate list and the pictures are
  std::map<std::string, ews::EwsSettings> secrets;  // credentials that the connector page may name
  CorporateSource corporate_source = CorporateSource::kEws;
  ldap::LdapSettings ldap;
  std::string lookup_mailbox;   // on whose behalf address list and public folders are read; empty: the account's own
  std::string address_list;     // id of the address list that is the whole directory; empty: it cannot be listed
  bool public_contacts = true;  // contacts of public folders are found, too
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
  grpcx::ChannelConfig presence;                       // without a target contact cards say nothing of presence
  std::map<std::string, TenantConfig> tenants;         // by tenant id; at least one
  std::chrono::milliseconds corporate_limit{1500};     // how long a search waits for the corporate list
  std::chrono::seconds photo_fresh_for{3600};          // a picture is not asked for again so soon
  std::chrono::seconds list_fresh_for{300};            // a listing may begin with a list read so long ago
  std::chrono::milliseconds reconcile_interval{2000};  // how often changes are looked for without a hint
};

void BindConfig(config::Binder& binder, TenantConfig& tenant);
void BindConfig(config::Binder& binder, DirectoryConfig& config);

}  // namespace crosspoint::directory
