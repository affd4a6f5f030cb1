#include "connectors/ews/settings.h"

#include "common/config/binder.h"
#include "common/status/status.h"

namespace crosspoint::ews {

EwsConfig EwsSettings::ToConfig() const {
  EwsConfig config;
  config.url = url;
  config.ca_file = ca_file;
  config.allow_loopback = allow_loopback;
  config.allow_plain_http = allow_plain_http;
  config.allowed_hosts = allowed_hosts;
  config.allowed_networks = allowed_networks;
  config.server_version = server_version;
  config.call_timeout = call_timeout;
  config.max_connections = max_connections;
  config.retry.max_attempts = max_attempts;
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
      .Field("allow_plain_http", settings.allow_plain_http)
      .Field("allowed_hosts", settings.allowed_hosts)
      .Field("allowed_networks", settings.allowed_networks)
      .Field("server_version", settings.server_version)
      .Field("call_timeout", settings.call_timeout, {std::chrono::milliseconds(100), std::chrono::minutes(5)})
      .Field("max_connections", settings.max_connections, {1, 100'000})
      .Field("max_attempts", settings.max_attempts, {1, 10})
      .Field("account_slots", settings.politeness.account_slots, {1, 1'000})
      .Field("mailbox_slots", settings.politeness.mailbox_slots, {1, 1'000})
      .Field("background_patience", settings.politeness.background_patience,
             {std::chrono::milliseconds(0), std::chrono::seconds(30)})
      .Check("url", [&settings]() -> std::string {
        if (!settings.configured()) return "";
        return MessageOf(settings.ToConfig().Validate());
      });
}

}  // namespace crosspoint::ews
