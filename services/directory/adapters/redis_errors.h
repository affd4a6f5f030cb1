#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/ids/ids.h"

namespace crosspoint::directory {

// All keys of a tenant begin with this and lie in one slot.
std::string KeyPrefix(const TenantId& tenant);

// The reasons that every store here gives.
absl::Status StaleEtag(const std::string& what);
absl::Status RequestIdReused();
absl::Status TenantUnknown(const TenantId& tenant);

}  // namespace crosspoint::directory
