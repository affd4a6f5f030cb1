#include "connectors/ldap/settings.h"

#include "common/config/binder.h"
#include "common/status/status.h"
#include "connectors/ldap/filter.h"

namespace crosspoint::ldap {
namespace {

bool IsUrl(const std::string& url) {
  for (const std::string_view scheme : {"ldap://", "ldaps://"}) {
    if (!url.starts_with(scheme)) continue;
    const auto host = url.substr(scheme.size());
    return !host.empty() && host.find_first_of(" /?#,\t\r\n") == std::string::npos;
  }
  return false;
}

}  // namespace

absl::Status LdapSettings::Validate() const {
  if (!IsUrl(url)) return InvalidField("url", "must be ldaps://host[:port] or ldap://host[:port]");
  const bool secure = url.starts_with("ldaps://");
  if (secure && start_tls) return InvalidField("start_tls", "is for ldap://; ldaps:// is TLS already");
  if (!secure && !start_tls && !allow_plain) {
    return InvalidField("url", "must be ldaps://, or set start_tls: what is sent would be readable on the way");
  }
  if (base_dn.empty()) return InvalidField("base_dn", "must name where people are, e.g. dc=corp,dc=example");
  if (bind_dn.empty() != password_file.empty()) {
    return InvalidField("password_file", "goes with bind_dn; without both the login is anonymous");
  }
  if (!IsFilterText(people_filter)) return InvalidField("people_filter", "must be one filter, e.g. (mail=*)");
  return absl::OkStatus();
}

void BindConfig(config::Binder& binder, LdapSettings& settings) {
  using namespace std::chrono_literals;
  binder.Field("url", settings.url)
      .Field("start_tls", settings.start_tls)
      .Field("allow_plain", settings.allow_plain)
      .File("ca_file", settings.ca_file)
      .Field("bind_dn", settings.bind_dn)
      .SecretFile("password_file", settings.password_file)
      .Field("base_dn", settings.base_dn)
      .Field("people_filter", settings.people_filter)
      .Field("call_timeout", settings.call_timeout, {100ms, 5min})
      .Field("connect_timeout", settings.connect_timeout, {50ms, 1min})
      .Field("max_connections", settings.max_connections, {1, 64})
      .Field("page_size", settings.page_size, {1, 10'000})
      .Check("url",
             [&settings]() -> std::string { return settings.configured() ? MessageOf(settings.Validate()) : ""; });
}

}  // namespace crosspoint::ldap
