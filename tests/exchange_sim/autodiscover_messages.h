#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "exchange_sim/company.h"

namespace crosspoint::exchange_sim {

// What GetUserSettings asks for.
struct UserSettingsRequest {
  std::vector<std::string> users;
  std::vector<std::string> settings;
};
// Reads by namespace and in the order of the protocol, header included.
//   kInvalidArgument  what is wrong with it
absl::StatusOr<UserSettingsRequest> ReadUserSettingsRequest(std::string_view text);
// `users` are UserResponse elements.
std::string UserSettingsEnvelope(std::string_view code, std::string_view message, std::string_view users);
std::string AutodiscoverFault(std::string_view text);

// The address an older request asks about.
absl::StatusOr<std::string> ReadXmlRequest(std::string_view text);
std::string XmlSettings(const Person& person, std::string_view distinguished_name, std::string_view ews_url,
                        std::string_view grouping);
std::string XmlRedirect(std::string_view action, std::string_view element, std::string_view target);
std::string XmlError(int code, std::string_view message);

}  // namespace crosspoint::exchange_sim
