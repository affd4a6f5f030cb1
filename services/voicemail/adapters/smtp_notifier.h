#pragma once

#include "connectors/smtp/client.h"
#include "voicemail/app/ports.h"

namespace crosspoint::voicemail {

// Mails by SMTP. Thread-safe.
class SmtpNotifier final : public Notifier {
 public:
  explicit SmtpNotifier(smtp::SmtpConfig config) : client_(std::move(config)) {}

  bool configured() const override { return client_.config().configured(); }
  bool IsAddress(const std::string& address) const override { return smtp::IsMailAddress(address); }
  absl::Status Notify(const UserId& user, const Voicemail& message, const std::string& address,
                      const std::string& audio, Deadline deadline) override;

 private:
  smtp::SmtpClient client_;
};

}  // namespace crosspoint::voicemail
