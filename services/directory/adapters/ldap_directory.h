#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/ldap/client.h"
#include "directory/adapters/source_health.h"
#include "directory/app/ports.h"

namespace crosspoint::directory {

// The corporate list and pictures by LDAP, for the tenants that have a server. Thread-safe.
class LdapDirectory final : public CorporateDirectory, public PhotoSource {
 public:
  // kInvalidArgument names the tenant whose settings cannot work.
  static absl::StatusOr<std::unique_ptr<LdapDirectory>> Create(const std::map<TenantId, ldap::LdapSettings>& tenants);

  bool Has(const TenantId& tenant) const override { return clients_.contains(tenant); }
  absl::StatusOr<CorporateMatches> Search(const TenantId& tenant, const std::string& query, Deadline deadline) override;
  absl::StatusOr<std::vector<CorporateEntry>> ListAll(const TenantId& tenant, Deadline deadline) override;
  absl::StatusOr<Answer> Fetch(const TenantId& tenant, const std::string& email, int size,
                               const std::string& known_etag, Deadline deadline) override;

 private:
  LdapDirectory() = default;
  absl::StatusOr<ldap::LdapClient*> Open(const TenantId& tenant);
  static ldap::LdapQuery People(const ldap::LdapClient& client, const ldap::Filter& filter);

  std::map<TenantId, std::unique_ptr<ldap::LdapClient>> clients_;
  SourceHealth health_;
};

}  // namespace crosspoint::directory
