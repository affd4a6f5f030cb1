#include "connectors/oauth2/config.h"

#include "common/http/address_rules.h"
#include "common/http/text.h"
#include "common/status/status.h"

namespace crosspoint::oauth2 {
namespace {

bool IsLoopbackHost(std::string_view host) {
  if (host == "localhost") return true;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return http::IsAllowed({.allow_loopback = true}, host) && !http::IsAllowed({.allow_loopback = false}, host);
}

}  // namespace

absl::Status ClientCredentials::Validate() const {
  const auto url = http::ParseUrl(token_url);
  if (!url.ok()) return InvalidField("token_url", "must be an absolute https URL without credentials");
  if (url->scheme != "https" && !(allow_loopback && IsLoopbackHost(url->host))) {
    return InvalidField("token_url", "must be https: the secret would be readable on the way");
  }
  if (client_id.empty()) return InvalidField("client_id", "must name the application as registered with the issuer");
  if (const auto* secret = std::get_if<ClientSecret>(&proof)) {
    if (secret->secret_file.empty()) return InvalidField("client_secret_file", "must name a file");
  } else {
    const auto& certificate = std::get<ClientCertificate>(proof);
    if (certificate.certificate_file.empty()) return InvalidField("certificate_file", "must name a file");
    if (certificate.key_file.empty()) return InvalidField("key_file", "must name a file");
  }
  if (scope.empty()) return InvalidField("scope", "must name what the token is for, as https://HOST/.default");
  if (timeout.count() <= 0) return InvalidField("timeout", "must be positive");
  if (first_pause.count() <= 0) return InvalidField("first_pause", "must be positive");
  if (longest_pause < first_pause) return InvalidField("longest_pause", "must not be shorter than first_pause");
  return absl::OkStatus();
}

}  // namespace crosspoint::oauth2
