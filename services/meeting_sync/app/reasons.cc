#include "meeting_sync/app/reasons.h"

#include <charconv>

#include "common/status/status.h"

namespace crosspoint::meeting_sync {

bool HasReason(const absl::Status& status, std::string_view reason) {
  const auto info = GetErrorInfo(status);
  return info && info->reason == reason;
}

std::optional<std::chrono::milliseconds> MillisecondsIn(const absl::Status& status, std::string_view key) {
  const auto info = GetErrorInfo(status);
  if (!info) return std::nullopt;
  const auto it = info->metadata.find(std::string(key));
  if (it == info->metadata.end()) return std::nullopt;
  int64_t value = 0;
  const auto* end = it->second.data() + it->second.size();
  const auto parsed = std::from_chars(it->second.data(), end, value);
  if (parsed.ec != std::errc{} || parsed.ptr != end || value < 0) return std::nullopt;
  return std::chrono::milliseconds{value};
}

absl::Status NotThere(std::string_view what) {
  return ErrorWithInfo(absl::StatusCode::kNotFound, what, {.reason = "RESOURCE_NOT_FOUND", .domain = "crosspoint"});
}

absl::Status Refused(absl::StatusCode code, std::string_view reason, std::string_view message) {
  return ErrorWithInfo(code, message, {.reason = std::string(reason), .domain = kErrorDomain});
}

}  // namespace crosspoint::meeting_sync
