#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "directory/adapters/ews_directory.h"
#include "directory/adapters/ldap_directory.h"
#include "directory/app/ports.h"

namespace crosspoint::directory {

// Leads each tenant to where its corporate list and pictures come from: LDAP for those named, Exchange for the others.
// Thread-safe.
class TenantSources final : public CorporateDirectory, public PhotoSource {
 public:
  // References must outlive it.
  TenantSources(EwsDirectory& exchange, LdapDirectory& ldap, std::set<TenantId> by_ldap)
      : exchange_(exchange), ldap_(ldap), by_ldap_(std::move(by_ldap)) {}

  bool Has(const TenantId& tenant) const override { return List(tenant).Has(tenant); }
  absl::StatusOr<CorporateMatches> Search(const TenantId& tenant, const std::string& query,
                                          Deadline deadline) override {
    return List(tenant).Search(tenant, query, deadline);
  }
  absl::StatusOr<std::vector<CorporateEntry>> ListAll(const TenantId& tenant, Deadline deadline) override {
    return List(tenant).ListAll(tenant, deadline);
  }
  absl::StatusOr<Answer> Fetch(const TenantId& tenant, const std::string& email, int size,
                               const std::string& known_etag, Deadline deadline) override {
    PhotoSource& source = by_ldap_.contains(tenant) ? static_cast<PhotoSource&>(ldap_) : exchange_;
    return source.Fetch(tenant, email, size, known_etag, deadline);
  }

 private:
  CorporateDirectory& List(const TenantId& tenant) const {
    return by_ldap_.contains(tenant) ? static_cast<CorporateDirectory&>(ldap_) : exchange_;
  }

  EwsDirectory& exchange_;
  LdapDirectory& ldap_;
  const std::set<TenantId> by_ldap_;
};

}  // namespace crosspoint::directory
