#include "directory/config.h"

#include "common/app/redis_binding.h"
#include "common/ids/ids.h"
#include "common/status/status.h"

namespace crosspoint::directory {

Tenant TenantConfig::ToTenant(const std::string& id) const {
  return {.id = {id},
          .display_name = display_name.empty() ? id : display_name,
          .bridge_mode = bridge_mode,
          .region = region,
          .default_mailbox_binding = default_mailbox_binding,
          .default_outlook_use = default_outlook_use};
}

void BindConfig(config::Binder& binder, TenantConfig& tenant) {
  binder.Block("ews", tenant.ews)
      .Map("secrets", tenant.secrets)
      .Choice("corporate_source", tenant.corporate_source,
              {{"ews", CorporateSource::kEws}, {"ldap", CorporateSource::kLdap}})
      .Block("ldap", tenant.ldap)
      .Field("lookup_mailbox", tenant.lookup_mailbox)
      .Field("address_list", tenant.address_list)
      .Field("public_contacts", tenant.public_contacts)
      .Field("display_name", tenant.display_name)
      .Choice("bridge_mode", tenant.bridge_mode, {{"on_site", BridgeMode::kOnSite}, {"hosted", BridgeMode::kHosted}})
      .Field("region", tenant.region)
      .Choice("default_mailbox_binding", tenant.default_mailbox_binding,
              {{"ews", MailboxBinding::kEws}, {"graph", MailboxBinding::kGraph}, {"none", MailboxBinding::kNone}})
      .Choice("default_outlook_use", tenant.default_outlook_use,
              {{"auto", OutlookUse::kAuto}, {"yes", OutlookUse::kYes}, {"no", OutlookUse::kNo}})
      .Check("corporate_source",
             [&tenant] {
               return tenant.corporate_source == CorporateSource::kLdap && !tenant.ldap.configured()
                          ? "ldap needs the block ldap with the server's url"
                          : "";
             })
      .Check("lookup_mailbox",
             [&tenant] {
               return tenant.lookup_mailbox.empty() || IsEmail(tenant.lookup_mailbox) ? "" : "the address of a mailbox";
             })
      .Check("secrets", [&tenant]() -> std::string {
        for (const auto& [name, settings] : tenant.secrets) {
          if (!IsValidSegment(name)) return "'" + name + "': names are 1 to 63 of a-z, 0-9 and -";
          if (!settings.configured()) return "'" + name + "': the url of the server that these credentials are for";
        }
        return "";
      });
}

void BindConfig(config::Binder& binder, DirectoryConfig& config) {
  using namespace std::chrono_literals;
  binder.Block("redis", config.redis)
      .Block("bus", config.bus)
      .Block("presence", config.presence)
      .Map("tenants", config.tenants)
      .Required("tenants")
      .Field("corporate_limit", config.corporate_limit, {10ms, 30s})
      .Field("photo_fresh_for", config.photo_fresh_for, {0s, 24h})
      .Field("list_fresh_for", config.list_fresh_for, {1s, 20min})
      .Field("reconcile_interval", config.reconcile_interval, {100ms, 10min})
      .Check("tenants", [&config]() -> std::string {
        for (const auto& [id, tenant] : config.tenants) {
          if (const auto valid = ValidateTenant(tenant.ToTenant(id), id); !valid.ok()) return MessageOf(valid);
        }
        return "";
      });
}

}  // namespace crosspoint::directory
