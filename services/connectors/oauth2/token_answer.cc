#include "connectors/oauth2/token_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

#include "common/http/text.h"
#include "common/status/status.h"
#include "connectors/oauth2/config.h"

namespace crosspoint::oauth2 {
namespace {

using Json = nlohmann::json;
using absl::StatusCode;

constexpr std::chrono::seconds kUnknownLife{300};
constexpr int64_t kLongestLife = 86'400;
constexpr int64_t kLongestBackOff = 3'600;
constexpr size_t kLongestDescription = 300;
constexpr size_t kLongestToken = 32u << 10;

struct Refusal {
  std::string_view code;  // the issuer's
  std::string_view reason;
  std::string_view words;
};

// What each error of the token endpoint asks of the administrator.
constexpr Refusal kRefusals[] = {
    {"invalid_client", "OAUTH2_INVALID_CLIENT",
     "the issuer does not accept the application's secret or certificate: wrong, expired, or not registered for this "
     "client_id"},
    {"unauthorized_client", "OAUTH2_UNAUTHORIZED_CLIENT",
     "the issuer does not let this client_id get tokens for itself: not known in this tenant, disabled, or not "
     "granted"},
    {"access_denied", "OAUTH2_UNAUTHORIZED_CLIENT",
     "the issuer does not let this client_id get tokens for itself: an administrator has not consented"},
    {"invalid_scope", "OAUTH2_INVALID_SCOPE",
     "the issuer does not know the scope: check it, it mostly ends in /.default"},
    {"invalid_resource", "OAUTH2_INVALID_SCOPE", "the issuer does not know the scope's resource in this tenant"},
    {"unsupported_grant_type", "OAUTH2_REFUSED",
     "the issuer gives no tokens for client credentials at this address: check token_url"},
    {"invalid_grant", "OAUTH2_REFUSED", "the issuer refuses the request: check the application's registration"},
    {"invalid_request", "OAUTH2_REFUSED",
     "the issuer does not understand the request: check token_url, client_id and scope"},
};

absl::Status Error(StatusCode code, std::string_view message, std::string_view reason,
                   std::map<std::string, std::string> metadata = {}) {
  return ErrorWithInfo(code, message, {std::string(reason), std::string(kErrorDomain), std::move(metadata)});
}

absl::Status BadAnswer(std::string_view why) {
  return Error(StatusCode::kFailedPrecondition, fmt::format("the issuer's answer is none of a token endpoint: {}", why),
               "OAUTH2_BAD_ANSWER");
}

std::string TextIn(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

std::optional<int64_t> Number(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<int64_t> NumberIn(const Json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end()) return std::nullopt;
  if (it->is_number()) return static_cast<int64_t>(std::clamp(it->get<double>(), -1.0, 1e9));
  return it->is_string() ? Number(it->get<std::string>()).value_or(-1) : -1;
}

// RFC 6750, section 2.1: what may stand in an Authorization header.
bool IsBearerToken(std::string_view text) {
  return !text.empty() && text.size() <= kLongestToken && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_' || c == '~' || c == '+' || c == '/' || c == '=';
  });
}

// The issuer's words on one line, in printable ASCII and not too long.
std::string Tame(std::string_view text) {
  std::string tame;
  for (const char c : text.substr(0, kLongestDescription)) tame += c >= ' ' && c <= '~' ? c : ' ';
  return tame;
}

}  // namespace

absl::StatusOr<Token> ReadToken(std::string_view body) {
  const Json answer = Json::parse(body, nullptr, false);
  if (!answer.is_object()) return BadAnswer("no JSON object");
  if (!http::EqualsIgnoringCase(TextIn(answer, "token_type"), "Bearer")) return BadAnswer("token_type is not Bearer");
  Token token{TextIn(answer, "access_token"), kUnknownLife};
  if (!IsBearerToken(token.value)) return BadAnswer("access_token is missing or cannot be sent");
  if (const auto life = NumberIn(answer, "expires_in")) {
    if (*life <= 0) return BadAnswer("expires_in is not a positive number");
    token.life = std::chrono::seconds(std::min(*life, kLongestLife));
  }
  return token;
}

absl::Status ReadRefusal(int http_status, std::string_view body, std::string_view retry_after,
                         std::string_view secret) {
  std::map<std::string, std::string> metadata{{"http_status", std::to_string(http_status)}};
  if (const auto seconds = Number(retry_after); seconds && *seconds >= 0) {
    metadata["back_off_ms"] = std::to_string(std::min(*seconds, kLongestBackOff) * 1000);
  }
  const Json answer = Json::parse(body, nullptr, false);
  const std::string code = answer.is_object() ? Tame(TextIn(answer, "error")) : std::string();
  std::string description = answer.is_object() ? Tame(TextIn(answer, "error_description")) : std::string();
  if (!secret.empty() && description.find(secret) != std::string::npos) description.clear();
  if (!code.empty()) metadata["oauth_error"] = code.substr(0, 64);
  const std::string tail = description.empty() ? "" : fmt::format(" (it says: {})", description);

  if (http_status == 429 || http_status >= 500 || code == "temporarily_unavailable" || code == "server_error") {
    return Error(StatusCode::kUnavailable, fmt::format("the issuer is in trouble, HTTP {}{}", http_status, tail),
                 "OAUTH2_ISSUER_AWAY", std::move(metadata));
  }
  for (const Refusal& refusal : kRefusals) {
    if (code != refusal.code) continue;
    return Error(StatusCode::kFailedPrecondition, fmt::format("{}{}", refusal.words, tail), refusal.reason,
                 std::move(metadata));
  }
  if (http_status == 401) {
    return Error(StatusCode::kFailedPrecondition, fmt::format("{}{}", kRefusals[0].words, tail), kRefusals[0].reason,
                 std::move(metadata));
  }
  if (code.empty()) return BadAnswer(fmt::format("HTTP {} without an OAuth error; check token_url", http_status));
  return Error(StatusCode::kFailedPrecondition, fmt::format("the issuer refuses with {}{}", code.substr(0, 64), tail),
               "OAUTH2_REFUSED", std::move(metadata));
}

std::optional<std::chrono::milliseconds> BackOffOf(const absl::Status& refusal) {
  const auto info = GetErrorInfo(refusal);
  if (!info || info->domain != kErrorDomain) return std::nullopt;
  const auto it = info->metadata.find("back_off_ms");
  const auto number = it == info->metadata.end() ? std::nullopt : Number(it->second);
  if (!number) return std::nullopt;
  return std::chrono::milliseconds(*number);
}

}  // namespace crosspoint::oauth2
