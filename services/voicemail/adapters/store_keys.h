#pragma once

#include <string>
#include <vector>

#include "voicemail/adapters/keys.h"
#include "voicemail/domain/voicemail.h"

namespace crosspoint::voicemail {

inline std::string MessageKey(const UserId& user, const VoicemailId& id) {
  return MailboxKey(user, "message:" + id.value);
}

// The first keys of every script, then `more`. Scripts about the mailbox alone have no use for the message's.
inline std::vector<std::string> StoreKeys(const UserId& user, const VoicemailId& id = {"-"},
                                          const std::vector<std::string>& more = {}) {
  std::vector<std::string> keys{MessageKey(user, id)};
  for (const char* kind : {"all", "live", "new", "revisions", "deleted", "copies", "meta", "settings", "outbox"}) {
    keys.push_back(MailboxKey(user, kind));
  }
  for (const auto& kind : more) keys.push_back(MailboxKey(user, kind));
  return keys;
}

}  // namespace crosspoint::voicemail
