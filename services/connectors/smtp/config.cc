#include "connectors/smtp/config.h"

#include "common/config/binder.h"
#include "connectors/smtp/mail.h"

namespace crosspoint::smtp {

void BindConfig(config::Binder& binder, SmtpConfig& config) {
  using namespace std::chrono_literals;
  binder.Field("host", config.host)
      .Field("port", config.port, {1, 65'535})
      .Choice("tls", config.security,
              {{"starttls", Security::kStartTls}, {"implicit", Security::kImplicitTls}, {"none", Security::kNone}})
      .File("ca_file", config.ca_file)
      .Field("user", config.user)
      .SecretFile("password_file", config.password_file)
      .Field("from", config.from)
      .Field("from_name", config.from_name)
      .Field("connect_timeout", config.connect_timeout, {100ms, 1min})
      .Field("timeout", config.timeout, {1s, 10min})
      .Check("from",
             [&config]() -> std::string {
               if (!config.configured()) return "";
               return IsMailAddress(config.from) ? "" : "the address that mails come from, as voicemail@example.org";
             })
      .Check("host",
             [&config]() -> std::string {
               const auto& host = config.host;
               const bool is_name = host.find_first_not_of(
                                        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456"
                                        "789.-:[]") == std::string::npos;
               return is_name ? "" : "a host name or an IP address";
             })
      .Check("user", [&config]() -> std::string {
        return config.user.empty() == config.password_file.empty() ? "" : "user and password_file, or neither";
      });
}

}  // namespace crosspoint::smtp
