#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/ids/ids.h"
#include "directory/domain/user.h"

namespace crosspoint::directory {

// Where a conference's URL comes from.
enum class BridgeMode { kOnSite, kHosted };

// An organisation and what holds for its users unless they say otherwise.
struct Tenant {
  TenantId id;
  std::string display_name;
  BridgeMode bridge_mode = BridgeMode::kOnSite;
  std::string region;  // ISO 3166-1, "DE"; how numbers without a country code are read; may be empty
  MailboxBinding default_mailbox_binding = MailboxBinding::kDefault;
  OutlookUse default_outlook_use = OutlookUse::kAuto;  // never kDefault
  uint64_t revision = 0;

  bool operator==(const Tenant&) const = default;
};

// kInvalidArgument naming the first wrong field below `prefix`, e.g. "tenant.region".
absl::Status ValidateTenant(const Tenant& tenant, std::string_view prefix);

}  // namespace crosspoint::directory
