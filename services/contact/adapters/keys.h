#pragma once

#include <string>

#include "common/ids/ids.h"

namespace crosspoint::contact {

// All keys of the service: see README.md. Everything of a user lies under one tag, so one script can change it.
inline std::string OwnerPrefix(const UserId& owner) {
  return "cp:{contact:" + owner.tenant.value + ":" + owner.value + "}:";
}
inline std::string OwnerKey(const UserId& owner, const std::string& kind) { return OwnerPrefix(owner) + kind; }

}  // namespace crosspoint::contact
