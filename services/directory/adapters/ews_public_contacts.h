#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "connectors/ews/client.h"
#include "directory/domain/person.h"
#include "directory/domain/user.h"

namespace crosspoint::directory {

// Contacts of public folders: of the folders for contacts that lie directly below their root, or one level deeper, the
// first twenty. Which they are is remembered for ten minutes. Thread-safe.
class EwsPublicContacts {
 public:
  // Contacts of which every word of `query` begins a word of the name, the company or an address. Organisations without
  // public folders have none.
  absl::StatusOr<std::vector<CorporateEntry>> Search(const TenantId& tenant, ews::EwsClient& client,
                                                     const std::string& query, const ews::EwsCall& call);

 private:
  struct Known {
    std::vector<std::string> folders;  // ids
    std::chrono::steady_clock::time_point until;
  };
  absl::StatusOr<std::vector<std::string>> Folders(const TenantId& tenant, ews::EwsClient& client,
                                                   const ews::EwsCall& call);
  void Forget(const TenantId& tenant);

  std::mutex mu_;
  std::map<TenantId, Known> known_;  // guarded by mu_
};

}  // namespace crosspoint::directory
