#include "directory/api/request_parts.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "common/status/status.h"

namespace crosspoint::directory {
namespace {

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) return false;
  }
  return true;
}

}  // namespace

absl::Status CheckRequestId(const std::string& request_id) {
  if (request_id.empty() || IsUuid(request_id)) return absl::OkStatus();
  return InvalidField("request_id", "must be a UUID, e.g. 4f1c1d0e-9f0b-4c52-8f8e-0a8f7c1d2e3f");
}

absl::StatusOr<size_t> PageSize(int32_t asked, size_t usual, size_t most) {
  if (asked < 0) return InvalidField("page_size", "must not be negative");
  return asked == 0 ? usual : std::min(static_cast<size_t>(asked), most);
}

}  // namespace crosspoint::directory
