#pragma once

#include <functional>

#include "absl/status/status.h"
#include "voicemail/app/ports.h"
#include "voicemail/app/user_book.h"

namespace crosspoint::voicemail {

// Makes the mail in the owner's mailbox show what the message is: there or deleted, heard or not. Only what changed
// here and was not written yet is forced on the mailbox; the rest is the owner's, and read back by CopySync. Doing it
// twice changes nothing. Thread-safe, but one message at a time: the outbox is in order.
class CopyWriter {
 public:
  // `look` is told when the mailbox turned out to differ from what is known of it.
  CopyWriter(MailboxStore& store, CopyStore& copies, VoiceMailboxes& mailboxes, UserBook& users,
             std::function<void(const UserId&)> look)
      : store_(store), copies_(copies), mailboxes_(mailboxes), users_(users), look_(std::move(look)) {}

  absl::Status Write(const UserId& user, const VoicemailId& id);

 private:
  // The mail as it is afterwards.
  absl::StatusOr<CopyState> Settle(const MailboxAddress& mailbox, const CopyRecord& record, CopyState found);

  MailboxStore& store_;
  CopyStore& copies_;
  VoiceMailboxes& mailboxes_;
  UserBook& users_;
  const std::function<void(const UserId&)> look_;
};

}  // namespace crosspoint::voicemail
