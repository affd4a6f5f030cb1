#include "common/status/status.h"

#include <utility>
#include <vector>

#include "absl/strings/cord.h"

namespace crosspoint {
namespace {

// Payload of our own: fields separated by NUL, which none of them may contain. The gRPC layer turns it into protobuf,
// so that this library and the domains above it need none.
constexpr char kPayloadUrl[] = "crosspoint/error_info";

std::string Clean(std::string_view text) {
  std::string out(text);
  std::erase(out, '\0');
  return out;
}

}  // namespace

absl::Status ErrorWithInfo(absl::StatusCode code, std::string_view message, const ErrorInfo& info) {
  absl::Status status(code, absl::string_view(message.data(), message.size()));
  std::string payload = Clean(info.reason) + '\0' + Clean(info.domain);
  for (const auto& [key, value] : info.metadata) payload += '\0' + Clean(key) + '\0' + Clean(value);
  status.SetPayload(kPayloadUrl, absl::Cord(payload));
  return status;
}

std::optional<ErrorInfo> GetErrorInfo(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayloadUrl);
  if (!payload) return std::nullopt;
  const std::string text(*payload);
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == '\0') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  if (parts.size() < 2 || parts.size() % 2 != 0) return std::nullopt;
  ErrorInfo info{.reason = parts[0], .domain = parts[1], .metadata = {}};
  for (size_t i = 2; i < parts.size(); i += 2) info.metadata.emplace(parts[i], parts[i + 1]);
  return info;
}

absl::Status InvalidField(std::string_view field, std::string_view what_would_be_right) {
  return ErrorWithInfo(
      absl::StatusCode::kInvalidArgument, std::string(field) + ": " + std::string(what_would_be_right),
      {.reason = "INVALID_FIELD", .domain = "crosspoint", .metadata = {{"field", std::string(field)}}});
}

absl::Status Annotate(const absl::Status& status, std::string_view what) {
  if (status.ok()) return status;
  absl::Status out(status.code(), std::string(what) + ": " + MessageOf(status));
  status.ForEachPayload([&out](absl::string_view url, const absl::Cord& payload) { out.SetPayload(url, payload); });
  return out;
}

}  // namespace crosspoint
