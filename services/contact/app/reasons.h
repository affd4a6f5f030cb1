#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace crosspoint::contact {

// Reasons callers branch on; listed in proto/README.md.
inline constexpr std::string_view kEtagStale = "ETAG_STALE";
inline constexpr std::string_view kTooManyContacts = "TOO_MANY_CONTACTS";
inline constexpr std::string_view kUploadElsewhere = "UPLOAD_ELSEWHERE";
inline constexpr std::string_view kUploadIdReused = "UPLOAD_ID_REUSED";
inline constexpr std::string_view kSourceReadOnly = "SOURCE_READ_ONLY";
inline constexpr std::string_view kSyncStateLost = "SYNC_STATE_LOST";
inline constexpr std::string_view kUsersUnknown = "USERS_UNKNOWN";
inline constexpr std::string_view kNoMailbox = "NO_MAILBOX";
inline constexpr std::string_view kNothingHeld = "NOTHING_HELD";

// An error of this service.
absl::Status Refused(absl::StatusCode code, std::string_view reason, std::string_view message);
absl::Status RequestIdReused();
bool HasReason(const absl::Status& status, std::string_view reason);

}  // namespace crosspoint::contact
