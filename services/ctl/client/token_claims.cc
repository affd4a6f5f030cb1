#include "ctl/client/token_claims.h"

#include <nlohmann/json.hpp>
#include <optional>

namespace crosspoint::ctl {
namespace {

std::optional<unsigned> Base64UrlDigit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '-') return 62;
  if (c == '_') return 63;
  return std::nullopt;
}

std::string FromBase64Url(std::string_view text) {
  std::string bytes;
  unsigned held = 0;
  int bits = 0;
  for (const char c : text) {
    const auto digit = Base64UrlDigit(c);
    if (!digit) return "";
    held = ((held << 6) | *digit) & 0xFFFF;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<char>((held >> bits) & 0xFF));
  }
  return bytes;
}

std::string TextOf(const nlohmann::json& claims, const char* name) {
  const auto found = claims.find(name);
  return found != claims.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

TokenClaims ReadTokenClaims(std::string_view token) {
  const auto first = token.find('.');
  if (first == std::string_view::npos) return {};
  const auto second = token.find('.', first + 1);
  if (second == std::string_view::npos) return {};
  const auto payload = FromBase64Url(token.substr(first + 1, second - first - 1));
  const auto claims = nlohmann::json::parse(payload, nullptr, false);
  if (!claims.is_object()) return {};
  return {.tenant = TextOf(claims, "tenant"), .user = TextOf(claims, "sub")};
}

}  // namespace crosspoint::ctl
