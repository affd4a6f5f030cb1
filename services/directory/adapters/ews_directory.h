#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/log/log.h"
#include "directory/adapters/ews_connections.h"
#include "directory/adapters/ews_public_contacts.h"
#include "directory/adapters/source_health.h"
#include "directory/app/ports.h"

namespace crosspoint::directory {

// The GAL, contacts of public folders and pictures by EWS, for the tenants whose Exchange is switched on. Thread-safe.
class EwsDirectory final : public CorporateDirectory, public PhotoSource {
 public:
  // How the lists of one tenant are read.
  struct Lists {
    std::string mailbox;          // on whose behalf address list and public folders are read; empty: the account's own
    std::string address_list;     // id of the list that is the whole directory; empty: it cannot be listed
    bool public_contacts = true;  // contacts of public folders are searched too
  };
  EwsDirectory(const EwsConnections& connections, std::map<TenantId, Lists> lists, log::Logger& log)
      : connections_(connections), lists_(std::move(lists)), log_(log) {}

  bool Has(const TenantId& tenant) const override;
  absl::StatusOr<CorporateMatches> Search(const TenantId& tenant, const std::string& query, Deadline deadline) override;
  absl::StatusOr<std::vector<CorporateEntry>> ListAll(const TenantId& tenant, Deadline deadline) override;
  absl::StatusOr<Answer> Fetch(const TenantId& tenant, const std::string& email, int size,
                               const std::string& known_etag, Deadline deadline) override;

 private:
  absl::StatusOr<std::shared_ptr<ews::EwsClient>> Open(const TenantId& tenant);
  ews::EwsCall CallFor(const TenantId& tenant, Deadline deadline) const;
  void Note(const TenantId& tenant, const absl::Status& status);

  const EwsConnections& connections_;
  const std::map<TenantId, Lists> lists_;
  log::Logger& log_;
  EwsPublicContacts public_contacts_;
  SourceHealth health_;
};

}  // namespace crosspoint::directory
