#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace crosspoint::voicemail {

inline constexpr char kErrorDomain[] = "voicemail.crosspoint";

inline constexpr std::string_view kSyncStateLost = "SYNC_STATE_LOST";
inline constexpr std::string_view kLeaseHeld = "LEASE_HELD";

bool HasReason(const absl::Status& status, std::string_view reason);

// kNotFound as the Guard says it: not there, or not for the caller.
absl::Status NotThere(std::string_view what);

// An error of ours that callers may branch on.
absl::Status Refused(absl::StatusCode code, std::string_view reason, std::string_view message);

// The same request id came with other content. `reason` and domain are shared by all services.
absl::Status RequestIdReused();

}  // namespace crosspoint::voicemail
