#pragma once

#include <string>
#include <vector>

#include "connectors/ews/config.h"

namespace crosspoint::ews {

// Where a mailbox is served.
struct MailboxEndpoint {
  std::string ews_url;               // https, its host allowed
  std::string smtp_address;          // primary address of the mailbox; the one asked for when the server did not say
  std::string grouping;              // GroupingInformation; mailboxes with the same url and grouping share a stream
  std::string server_version;        // CasVersion, as "15.02.1544.011"; empty: not told
  std::vector<std::string> schemas;  // EwsSupportedSchemas
  PublicFolderRoute public_folders;  // for the hierarchy of public folders; both empty: not told
  bool operator==(const MailboxEndpoint&) const = default;
};

}  // namespace crosspoint::ews
