#include "directory/domain/connector_page.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "common/ids/ids.h"
#include "common/status/status.h"
#include "common/text/fold.h"

namespace crosspoint::directory {
namespace {

constexpr size_t kMaxAddress = 1024;
constexpr size_t kMaxText = 1024;
constexpr std::string_view kUsualPath = "/EWS/Exchange.asmx";

absl::Status CheckText(const char* field, const std::string& text) {
  if (text.empty() || text.size() > kMaxText || !IsCleanUtf8(text)) {
    return InvalidField(field, "must be any text of 1 to 1024 bytes; it is kept and never used");
  }
  return absl::OkStatus();
}

// The place where the host begins.
size_t HostBegin(std::string_view address) {
  const auto scheme = address.find("://");
  return scheme == std::string_view::npos ? 0 : scheme + 3;
}

bool IsHostCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("-._:[]").find(c) != std::string::npos;
}

bool IsAddress(const std::string& address) {
  const auto begin = HostBegin(address);
  if (begin != 0) {
    const auto scheme = std::string_view(address).substr(0, begin - 3);
    if (scheme != "https" && scheme != "http") return false;
  }
  const auto end = std::min(address.find('/', begin), address.size());
  if (end == begin || (begin == 0 && end != address.size())) return false;
  const auto host = std::string_view(address).substr(begin, end - begin);
  const auto visible = [](char c) { return c > ' ' && c < 0x7f; };
  return std::all_of(host.begin(), host.end(), IsHostCharacter) &&
         std::all_of(address.begin(), address.end(), visible) && !HostOfAddress(address).empty();
}

}  // namespace

absl::Status ValidateConnectorPage(const ConnectorPage& page) {
  if (page.enabled || !page.server_address.empty()) {
    if (page.server_address.size() > kMaxAddress || !IsAddress(page.server_address)) {
      return InvalidField("connector.server_address",
                          "must be a host name, an IP address or a URL such as mail.corp.example or "
                          "https://mail.corp.example/EWS/Exchange.asmx");
    }
  }
  CROSSPOINT_RETURN_IF_ERROR(CheckText("connector.username", page.username));
  CROSSPOINT_RETURN_IF_ERROR(CheckText("connector.password", page.password));
  if (!page.credential_secret.empty() && !IsValidSegment(page.credential_secret)) {
    return InvalidField("connector.credential_secret", "must be the name of a secret, 1 to 63 of a-z, 0-9 and -");
  }
  return absl::OkStatus();
}

std::string HostOfAddress(const std::string& server_address) {
  const auto begin = HostBegin(server_address);
  auto host = server_address.substr(begin, server_address.find('/', begin) - begin);
  if (host.starts_with('[')) {
    host = host.substr(0, host.find(']') + 1);
  } else {
    host = host.substr(0, host.find(':'));
  }
  std::transform(host.begin(), host.end(), host.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return host;
}

std::string EwsUrlOfAddress(const std::string& server_address) {
  const auto begin = HostBegin(server_address);
  const std::string url = begin == 0 ? "https://" + server_address : server_address;
  const auto path = url.find('/', HostBegin(url));
  if (path == std::string::npos) return url + std::string(kUsualPath);
  return path + 1 == url.size() ? url.substr(0, path) + std::string(kUsualPath) : url;
}

}  // namespace crosspoint::directory
