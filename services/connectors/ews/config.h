#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/http/address_rules.h"
#include "common/http/route.h"
#include "connectors/ews/auth.h"
#include "connectors/ews/gate.h"
#include "connectors/ews/retry.h"

namespace crosspoint::ews {

struct EwsConfig {
  std::string url;  // "https://mail.example.org/EWS/Exchange.asmx"; http only for a loopback host with allow_loopback
  EwsAuth auth;
  std::string ca_file;            // PEM; empty means the system's
  bool allow_loopback = false;    // the server may be on this machine
  bool allow_plain_http = false;  // to any host: the password is readable on the way. For tests only
  // Hosts that may get the credentials, by name or as "*.example.org"; empty: that of `url` alone.
  std::vector<std::string> allowed_hosts;
  // Where those hosts may be, as "10.1.0.0/16"; empty: anywhere that common/http does not refuse always.
  std::vector<std::string> allowed_networks;
  std::vector<http::Route> routes;  // for hosts that were looked up already, or that the name service does not know
  std::string server_version = "Exchange2013_SP1";
  std::string user_agent = "Crosspoint";
  std::chrono::milliseconds call_timeout{30'000};  // for calls without a deadline of their own
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds stream_silence{
      90'000};  // a stream silent for longer is dead: servers tick every 30 to 45 s
  size_t max_response_bytes = 32u << 20;
  long max_connections = 32;
  RetryPolicy retry;        // of user-facing calls that only read; by default nothing is repeated
  EwsGate* gate = nullptr;  // outlives the client; nullptr: requests are sent as they come

  // kInvalidArgument naming the field.
  absl::Status Validate() const;
  // Whether `host`, as a URL has it, may get the credentials.
  bool AllowsHost(const std::string& host) const;
  // OK when `target` is a URL that may get the credentials: https, and its host allowed. kPermissionDenied
  // EWS_HOST_NOT_ALLOWED names the host.
  absl::Status CheckUrl(const std::string& target) const;
  // Of what Validate() found in order.
  http::AddressRules addresses() const;
};

// Keeps the calls about a group of subscriptions on the server that holds them.
struct Affinity {
  std::string anchor_mailbox;  // the first mailbox of the group, by address
  std::string cookie;          // Subscription::affinity_cookie of its first Subscribe; empty in that call
};

// Leads a call to the mailbox that holds the public folders, both found by Autodiscover. For the tree of folders they
// differ; for the items of one folder both are that folder's content mailbox.
struct PublicFolderRoute {
  std::string anchor_mailbox;         // X-AnchorMailbox
  std::string public_folder_mailbox;  // X-PublicFolderMailbox
  bool operator==(const PublicFolderRoute&) const = default;
};

// About one call.
struct EwsCall {
  std::string mailbox;  // primary SMTP address to impersonate; empty: the account itself
  std::optional<std::chrono::steady_clock::time_point> deadline;  // nullopt: now + call_timeout
  std::string traceparent;                                        // W3C trace context; empty: none
  std::optional<Affinity> affinity;                               // nullopt: X-AnchorMailbox is `mailbox`
  std::string time_zone;                                          // Windows id for TimeZoneContext; empty: none
  Urgency urgency = Urgency::kBackground;
  std::optional<PublicFolderRoute> public_folder;  // calls about public folders only
};

}  // namespace crosspoint::ews
