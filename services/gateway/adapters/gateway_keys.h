#pragma once

#include <string>

#include "common/ids/ids.h"

namespace crosspoint::gateway {

// Everything of one user has one tag, so one script may touch sessions, roles and commands.
inline std::string KeyOf(const UserId& owner, const std::string& what) {
  return "cp:{gateway:" + owner.tenant.value + ":" + owner.value + "}:" + what;
}

// No user's id has an underscore.
inline std::string OwnersKey(const TenantId& tenant) { return "cp:{gateway:" + tenant.value + ":_}:owners"; }
inline std::string InboxKey(const std::string& replica) { return "cp:{gateway:_:" + replica + "}:inbox"; }

}  // namespace crosspoint::gateway
