#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/soap/xml_scanner.h"

// What is said in Autodiscover: the SOAP protocol (GetUserSettings, MS-OXWSADISC) and the older XML one (MS-OXDSCLI).
// Pure: no I/O, no clock. Answers are read by local name, unknown elements are skipped.
namespace crosspoint::ews {

struct AutodiscoverSettings {
  std::string smtp_address;
  std::string external_ews_url;
  std::string internal_ews_url;
  std::string grouping;
  std::string server_version;
  std::string public_folder_information;  // address of the mailbox with the hierarchy of public folders
  std::string rpc_client_server;
  std::vector<std::string> schemas;
};

// What a server says of one mailbox.
struct AutodiscoverAnswer {
  enum class Kind { kSettings, kRedirectUrl, kRedirectAddress, kError };
  Kind kind = Kind::kError;
  AutodiscoverSettings settings;  // kSettings
  std::string target;             // kRedirectUrl: ask there; kRedirectAddress: ask for that address instead
  absl::Status error;             // kError

  static AutodiscoverAnswer Error(absl::Status status) { return {.error = std::move(status)}; }
  static AutodiscoverAnswer Redirect(Kind kind, std::string target) {
    return {.kind = kind, .target = std::move(target)};
  }
};

inline constexpr std::string_view kGetUserSettingsAction =
    "http://schemas.microsoft.com/exchange/2010/Autodiscover/Autodiscover/GetUserSettings";

std::string WriteGetUserSettings(std::string_view server_version, std::string_view url,
                                 const std::vector<std::string>& mailboxes);
// One answer per mailbox, in the order asked. Fails for the whole request; EWS_BAD_ANSWER also when there are more or
// fewer answers than `mailboxes`.
absl::StatusOr<std::vector<AutodiscoverAnswer>> ReadGetUserSettings(std::string_view xml, size_t mailboxes,
                                                                    const XmlLimits& limits);

// The older protocol asks for one mailbox at a time.
std::string WriteAutodiscoverXml(std::string_view mailbox);
absl::StatusOr<AutodiscoverAnswer> ReadAutodiscoverXml(std::string_view xml, const XmlLimits& limits);

// An error of domain "ews.crosspoint" with what should be done about it.
absl::Status AutodiscoverError(absl::StatusCode code, std::string_view reason, std::string_view message,
                               Reaction reaction);

}  // namespace crosspoint::ews
