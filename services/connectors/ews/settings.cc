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
  config.stream_silence = stream_silence;
  config.max_connections = max_connections;
  config.retry.max_attempts = max_attempts;
  config.auth = auth.ToAuth(allow_loopback);
  return config;
}

void BindConfig(config::Binder& binder, EwsSettings& settings) {
  BindAuth(binder, settings.auth);
  binder.Field("url", settings.url)
      .File("ca_file", settings.ca_file)
      .Field("allow_loopback", settings.allow_loopback)
      .Field("allow_plain_http", settings.allow_plain_http)
      .Field("allowed_hosts", settings.allowed_hosts)
      .Field("allowed_networks", settings.allowed_networks)
      .Field("server_version", settings.server_version)
      .Field("call_timeout", settings.call_timeout, {std::chrono::milliseconds(100), std::chrono::minutes(5)})
      .Field("stream_silence", settings.stream_silence, {std::chrono::seconds(1), std::chrono::minutes(10)})
      .Field("max_connections", settings.max_connections, {1, 100'000})
      .Field("max_attempts", settings.max_attempts, {1, 10})
      .Field("account_slots", settings.politeness.account_slots, {1, 1'000})
      .Field("mailbox_slots", settings.politeness.mailbox_slots, {1, 1'000})
      .Field("background_patience", settings.politeness.background_patience,
             {std::chrono::milliseconds(0), std::chrono::seconds(30)})
      .Check("url", [&settings]() -> std::string {
        if (!settings.configured()) return "";
        if (std::string problem = settings.auth.Problem(); !problem.empty()) return problem;
        return MessageOf(settings.ToConfig().Validate());
      });
}

}  // namespace crosspoint::ews
