#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace crosspoint::directory {

// A page that nobody has stored yet has this revision: it shows what the configuration says.
inline constexpr uint64_t kUnstoredPage = 1;

// The Exchange connector page of a tenant.
struct ConnectorPage {
  bool enabled = false;
  std::string server_address;     // host name, IP address or URL
  std::string username;           // kept, never used
  std::string password;           // kept, never used
  std::string credential_secret;  // names the credentials really used; empty: those of the tenant's configuration
  uint64_t revision = kUnstoredPage;

  bool operator==(const ConnectorPage&) const = default;
};

// What is wrong with the page as text, below "connector.": kInvalidArgument naming the first field. Whether the server
// may be asked at all is another question.
absl::Status ValidateConnectorPage(const ConnectorPage& page);

// The host part of `server_address`, lower case and without port; empty when there is none.
std::string HostOfAddress(const std::string& server_address);

// The URL of EWS that `server_address` means: itself when it is a URL with a path, else EWS at its usual place there.
std::string EwsUrlOfAddress(const std::string& server_address);

}  // namespace crosspoint::directory
