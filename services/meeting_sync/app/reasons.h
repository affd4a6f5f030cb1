#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "absl/status/status.h"

namespace crosspoint::meeting_sync {

inline constexpr char kErrorDomain[] = "meeting-sync.crosspoint";

inline constexpr std::string_view kSyncStateLost = "SYNC_STATE_LOST";
inline constexpr std::string_view kTooManyItems = "TOO_MANY_ITEMS";
inline constexpr std::string_view kLeaseHeld = "LEASE_HELD";
inline constexpr std::string_view kFenced = "FENCED";

bool HasReason(const absl::Status& status, std::string_view reason);

// A number of milliseconds in the ErrorInfo's metadata; nullopt when it has none of that name.
std::optional<std::chrono::milliseconds> MillisecondsIn(const absl::Status& status, std::string_view key);

// kNotFound as the Guard says it: not there, or not for the caller.
absl::Status NotThere(std::string_view what);

// An error of ours that callers may branch on.
absl::Status Refused(absl::StatusCode code, std::string_view reason, std::string_view message);

}  // namespace crosspoint::meeting_sync
