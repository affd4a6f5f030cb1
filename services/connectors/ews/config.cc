#include "connectors/ews/config.h"

#include <fmt/format.h>

#include <string_view>

#include "common/http/client.h"
#include "common/http/text.h"
#include "common/status/status.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/host_rules.h"

namespace crosspoint::ews {
namespace {

bool IsLoopbackHost(std::string_view host) {
  if (host == "localhost") return true;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return http::IsAllowed({.allow_loopback = true}, host) && !http::IsAllowed({.allow_loopback = false}, host);
}

bool MayBePlain(const EwsConfig& config, std::string_view host) {
  return config.allow_plain_http || (config.allow_loopback && IsLoopbackHost(host));
}

absl::Status ValidateNetwork(const EwsConfig& config) {
  for (const std::string& host : config.allowed_hosts) {
    if (!IsHostPattern(host)) {
      return InvalidField("allowed_hosts", fmt::format("'{}' is no host: give names, or '*.' and a domain", host));
    }
  }
  for (const std::string& network : config.allowed_networks) {
    if (!http::ParseNetwork(network)) {
      return InvalidField("allowed_networks", fmt::format("'{}' is no network: give them as 10.1.0.0/16", network));
    }
  }
  return absl::OkStatus();
}

}  // namespace

bool EwsConfig::AllowsHost(const std::string& host) const {
  if (!allowed_hosts.empty()) return MatchesHost(allowed_hosts, host);
  const auto own = http::ParseUrl(url);
  return own.ok() && MatchesHost({own->host}, host);
}

absl::Status EwsConfig::CheckUrl(const std::string& target) const {
  const auto refused = [](std::string_view why) {
    return ErrorWithInfo(absl::StatusCode::kPermissionDenied, why,
                         {"EWS_HOST_NOT_ALLOWED", std::string(kErrorDomain), {{"reaction", "stop"}}});
  };
  const auto parts = http::ParseUrl(target);
  if (!parts.ok()) return refused("the address given is no https URL");
  if (!AllowsHost(parts->host)) {
    return refused(fmt::format("the host {} is not among allowed_hosts", parts->host.substr(0, 253)));
  }
  if (parts->scheme != "https" && !MayBePlain(*this, parts->host)) {
    return refused(fmt::format("the address given at {} is not https", parts->host));
  }
  return absl::OkStatus();
}

http::AddressRules EwsConfig::addresses() const {
  http::AddressRules rules{.allow_loopback = allow_loopback};
  for (const std::string& text : allowed_networks) {
    if (const auto network = http::ParseNetwork(text)) rules.networks.push_back(*network);
  }
  return rules;
}

absl::Status EwsConfig::Validate() const {
  CROSSPOINT_RETURN_IF_ERROR(ValidateNetwork(*this));
  const auto parts = http::ParseUrl(url);
  if (!parts.ok()) return InvalidField("url", "must be an absolute https URL without credentials");
  if (parts->scheme != "https" && !MayBePlain(*this, parts->host)) {
    return InvalidField("url", "must be https: the password would be readable on the way");
  }
  if (!AllowsHost(parts->host)) return InvalidField("url", "its host is not among allowed_hosts");
  CROSSPOINT_RETURN_IF_ERROR(ews::Validate(auth));
  if (server_version.empty()) return InvalidField("server_version", "must name a version, as Exchange2013_SP1");
  if (call_timeout.count() <= 0) return InvalidField("call_timeout", "must be positive");
  if (connect_timeout.count() <= 0) return InvalidField("connect_timeout", "must be positive");
  if (stream_silence.count() <= 0) return InvalidField("stream_silence", "must be positive");
  if (max_response_bytes < 4096) return InvalidField("max_response_bytes", "must be at least 4096");
  if (max_connections < 1) return InvalidField("max_connections", "must be at least 1");
  return absl::OkStatus();
}

}  // namespace crosspoint::ews
