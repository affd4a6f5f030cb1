#include "common/ids/ids.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "common/status/status.h"

namespace crosspoint {
namespace {

std::vector<std::string_view> Split(std::string_view name) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto slash = name.find('/');
    parts.push_back(name.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    name.remove_prefix(slash + 1);
  }
}

}  // namespace

bool IsValidSegment(std::string_view segment) {
  if (segment.empty() || segment.size() > 63 || segment[0] == '-') return false;
  for (const char c : segment) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return false;
  }
  return true;
}

absl::StatusOr<TenantId> TenantId::Parse(std::string_view name, std::string_view field) {
  const auto parts = Split(name);
  if (parts.size() != 2 || parts[0] != "tenants" || !IsValidSegment(parts[1])) {
    return InvalidField(field, "must be tenants/{tenant}, the id of 1 to 63 of a-z, 0-9 and -");
  }
  return TenantId{std::string(parts[1])};
}

absl::StatusOr<UserId> UserId::Parse(std::string_view name, std::string_view field) {
  const auto parts = Split(name);
  if (parts.size() != 4 || parts[0] != "tenants" || !IsValidSegment(parts[1]) || parts[2] != "users" ||
      !IsValidSegment(parts[3])) {
    return InvalidField(field, "must be tenants/{tenant}/users/{user}, ids of 1 to 63 of a-z, 0-9 and -");
  }
  return UserId{TenantId{std::string(parts[1])}, std::string(parts[3])};
}

std::string RandomIdSource::NewId(std::string_view prefix) {
  static constexpr char kAlphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford's base 32: no i, l, o, u
  std::array<uint8_t, 26> random;
  if (getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) std::abort();
  std::string id(prefix);
  for (const auto byte : random) id += kAlphabet[byte % 32];
  return id;
}

std::string SequentialIdSource::NewId(std::string_view prefix) { return fmt::format("{}{:04}", prefix, next_++); }

}  // namespace crosspoint
