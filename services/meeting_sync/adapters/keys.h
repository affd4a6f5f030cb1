#pragma once

#include <string>

#include "common/ids/ids.h"

namespace crosspoint::meeting_sync {

// All keys of the service: see README.md. Everything of a mailbox lies under one tag, so one script can change it.
inline std::string MailboxKey(const UserId& user, const std::string& kind) {
  return "cp:{meeting_sync:" + user.tenant.value + ":" + user.value + "}:" + kind;
}
inline std::string TenantKey(const TenantId& tenant, const std::string& kind) {
  return "cp:{meeting_sync:" + tenant.value + "}:" + kind;
}
inline constexpr char kReplicasKey[] = "cp:{meeting_sync:_}:replicas";

}  // namespace crosspoint::meeting_sync
