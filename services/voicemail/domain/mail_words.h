#pragma once

#include <string>

#include "voicemail/domain/voicemail.h"

namespace crosspoint::voicemail {

// What people read about a message in a mail.
struct MailWords {
  std::string subject;  // one line, no control characters
  std::string text;
};

// "1:05", "1:02:03"; a message is never shorter than a second.
std::string LengthText(std::chrono::milliseconds length);
// Name and number, whichever there is.
std::string CallerText(const Caller& caller);

// Of the mail in the owner's mailbox, which has no audio in it: the system alone plays it.
MailWords SyncedWords(const Voicemail& message);
MailWords NotifyWords(const Voicemail& message, bool has_audio);

}  // namespace crosspoint::voicemail
