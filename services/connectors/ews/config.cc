#include "connectors/ews/config.h"

#include <string_view>

#include "common/http/client.h"
#include "common/http/text.h"
#include "common/status/status.h"

namespace crosspoint::ews {
namespace {

bool IsLoopbackHost(std::string_view host) {
  if (host == "localhost") return true;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return http::IsAllowed({.allow_loopback = true}, host) && !http::IsAllowed({.allow_loopback = false}, host);
}

}  // namespace

absl::Status EwsConfig::Validate() const {
  const auto parts = http::ParseUrl(url);
  if (!parts.ok()) return InvalidField("url", "must be an absolute https URL without credentials");
  if (parts->scheme != "https" && !allow_plain_http && !(allow_loopback && IsLoopbackHost(parts->host))) {
    return InvalidField("url", "must be https: the password would be readable on the way");
  }
  if (const auto* basic = std::get_if<BasicAuth>(&auth)) {
    if (basic->user.empty()) return InvalidField("auth.user", "must name the service account");
    if (basic->password_file.empty()) return InvalidField("auth.password_file", "must name a file");
  } else if (std::get<BearerAuth>(auth).token_file.empty()) {
    return InvalidField("auth.token_file", "must name a file");
  }
  if (server_version.empty()) return InvalidField("server_version", "must name a version, as Exchange2013_SP1");
  if (call_timeout.count() <= 0) return InvalidField("call_timeout", "must be positive");
  if (connect_timeout.count() <= 0) return InvalidField("connect_timeout", "must be positive");
  if (stream_silence.count() <= 0) return InvalidField("stream_silence", "must be positive");
  if (max_response_bytes < 4096) return InvalidField("max_response_bytes", "must be at least 4096");
  if (max_connections < 1) return InvalidField("max_connections", "must be at least 1");
  return absl::OkStatus();
}

}  // namespace crosspoint::ews
