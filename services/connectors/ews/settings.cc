#include "connectors/ews/settings.h"

#include "common/config/binder.h"
#include "common/status/status.h"

namespace crosspoint::ews {

EwsConfig EwsSettings::ToConfig() const {
  EwsConfig config{.url = url, .ca_file = ca_file, .allow_loopback = allow_loopback, .server_version = server_version};
  config.max_connections = max_connections;
  if (token_file.empty()) {
    config.auth = BasicAuth{.user = user, .password_file = password_file};
  } else {
    config.auth = BearerAuth{.token_file = token_file};
  }
  return config;
}

void BindConfig(config::Binder& binder, EwsSettings& settings) {
  binder.Field("url", settings.url)
      .Field("user", settings.user)
      .SecretFile("password_file", settings.password_file)
      .SecretFile("token_file", settings.token_file)
      .File("ca_file", settings.ca_file)
      .Field("allow_loopback", settings.allow_loopback)
      .Field("server_version", settings.server_version)
      .Field("max_connections", settings.max_connections, {1, 1000})
      .Check("url", [&settings]() -> std::string {
        if (!settings.configured()) return "";
        return MessageOf(settings.ToConfig().Validate());
      });
}

}  // namespace crosspoint::ews
