#pragma once

#include <chrono>
#include <memory>

#include "absl/status/status.h"
#include "connectors/smtp/config.h"
#include "connectors/smtp/mail.h"

namespace crosspoint::connectors {
class SecretFile;
}

namespace crosspoint::smtp {

// Hands mails to a relay, a connection each. Thread-safe; Send blocks its thread.
class SmtpClient {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  explicit SmtpClient(SmtpConfig config);
  ~SmtpClient();

  // Sends from the configured address: `mail.from` is filled in here. OK: the relay has taken it.
  //   kUnavailable         SMTP_UNAVAILABLE: no connection, time is up, or the relay says to try later
  //   kFailedPrecondition  SMTP_NOT_AUTHORIZED, SMTP_TLS_FAILED, or SECRET_UNREADABLE: an administrator has to act
  //   kInvalidArgument     SMTP_REFUSED: not this mail, ever; or a field that cannot be written
  absl::Status Send(Mail mail, Deadline deadline);

  const SmtpConfig& config() const { return config_; }

 private:
  const SmtpConfig config_;
  std::unique_ptr<connectors::SecretFile> password_;  // null without a login
};

}  // namespace crosspoint::smtp
