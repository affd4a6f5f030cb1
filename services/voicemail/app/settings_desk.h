#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "voicemail/app/ports.h"
#include "voicemail/app/user_book.h"

namespace crosspoint::voicemail {

// What of the settings is to change.
struct SettingsMask {
  bool type = false;
  bool address = false;
  bool attach = false;
};

// How messages are delivered, by the wish of users and administrators. Thread-safe.
class SettingsDesk {
 public:
  SettingsDesk(MailboxStore& store, UserBook& users, Notifier& notifier)
      : store_(store), users_(users), notifier_(notifier) {}

  // Nothing is delivered until somebody wants it.
  absl::StatusOr<DeliverySettings> Get(const UserId& user);
  // `wanted.revision` 0: whatever is there now.
  //   kInvalidArgument     an address that is none, or none with kNotify
  //   kFailedPrecondition  NO_MAILBOX, PROVIDER_NOT_SERVED: cannot be kSynced; NO_MAIL_RELAY: cannot be kNotify
  //   kAborted             ETAG_STALE
  absl::StatusOr<DeliverySettings> Update(const UserId& user, const DeliverySettings& wanted, SettingsMask mask);

 private:
  absl::Status Check(const UserId& user, const DeliverySettings& settings);

  MailboxStore& store_;
  UserBook& users_;
  Notifier& notifier_;
};

}  // namespace crosspoint::voicemail
