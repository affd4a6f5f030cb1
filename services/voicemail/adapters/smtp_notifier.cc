#include "voicemail/adapters/smtp_notifier.h"

#include "voicemail/app/reasons.h"
#include "voicemail/domain/mail_words.h"

namespace crosspoint::voicemail {

absl::Status SmtpNotifier::Notify(const UserId& user, const Voicemail& message, const std::string& address,
                                  const std::string& audio, Deadline deadline) {
  if (!configured()) {
    return Refused(absl::StatusCode::kFailedPrecondition, "NO_MAIL_RELAY", "no mail relay is configured (smtp.host)");
  }
  const auto& from = client_.config().from;
  auto words = NotifyWords(message, !audio.empty());
  smtp::Mail mail;
  mail.to.email = address;
  mail.subject = std::move(words.subject);
  mail.text = std::move(words.text);
  mail.message_id = message.id.value + "." + user.value + "." + user.tenant.value + from.substr(from.rfind('@'));
  mail.date = message.receive_time;
  mail.headers = {{"X-VoiceMessageDuration",
                   std::to_string(std::chrono::ceil<std::chrono::seconds>(message.audio.length).count())}};
  if (!message.caller.number.empty()) mail.headers.emplace_back("X-CallingTelephoneNumber", message.caller.number);
  if (!audio.empty()) mail.files.push_back({message.id.value + ".wav", "audio/wav", audio});
  return client_.Send(std::move(mail), deadline);
}

}  // namespace crosspoint::voicemail
