#include "voicemail/app/settings_desk.h"

#include "common/status/status.h"
#include "voicemail/app/reasons.h"

namespace crosspoint::voicemail {

absl::StatusOr<DeliverySettings> SettingsDesk::Get(const UserId& user) {
  CROSSPOINT_RETURN_IF_ERROR(users_.Find(user).status());
  return store_.GetSettings(user);
}

absl::Status SettingsDesk::Check(const UserId& user, const DeliverySettings& settings) {
  if (!settings.notify_address.empty() && !notifier_.IsAddress(settings.notify_address)) {
    return InvalidField("settings.notify_address", "an address as user@example.org");
  }
  if (settings.type == DeliveryType::kSynced) return users_.MailboxOf(user).status();
  if (settings.type != DeliveryType::kNotify) return absl::OkStatus();
  if (settings.notify_address.empty()) {
    return InvalidField("settings.notify_address", "where the mails are to go, as user@example.org");
  }
  if (!notifier_.configured()) {
    return Refused(absl::StatusCode::kFailedPrecondition, "NO_MAIL_RELAY",
                   "no mails can be sent: the operator has to configure smtp.host");
  }
  return absl::OkStatus();
}

absl::StatusOr<DeliverySettings> SettingsDesk::Update(const UserId& user, const DeliverySettings& wanted,
                                                      SettingsMask mask) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto settings, Get(user));
  if (wanted.revision != 0 && wanted.revision != settings.revision) {
    return Refused(absl::StatusCode::kAborted, "ETAG_STALE", "the settings changed since they were read");
  }
  if (mask.type) settings.type = wanted.type;
  if (mask.address) settings.notify_address = wanted.notify_address;
  if (mask.attach) settings.attach_audio = wanted.attach_audio;
  CROSSPOINT_RETURN_IF_ERROR(Check(user, settings));
  // The revision just read: what somebody else changes meanwhile must not be undone by half.
  return store_.PutSettings(user, settings);
}

}  // namespace crosspoint::voicemail
