#pragma once

#include <string>

#include "common/ids/ids.h"

namespace crosspoint::voicemail {

// All keys of the service: see README.md. Everything of a mailbox lies under one tag, so one script can change it.
inline std::string MailboxKey(const UserId& user, const std::string& kind) {
  return "cp:{voicemail:" + user.tenant.value + ":" + user.value + "}:" + kind;
}

}  // namespace crosspoint::voicemail
