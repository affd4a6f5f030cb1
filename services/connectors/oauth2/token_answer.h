#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace crosspoint::oauth2 {

struct Token {
  std::string value;
  std::chrono::seconds life{0};  // from when it was asked for
};

// A successful answer. Source: RFC 6749, section 5.1; expires_in as text is taken too, and absent means five minutes.
//   kFailedPrecondition OAUTH2_BAD_ANSWER  no usable bearer token in it
absl::StatusOr<Token> ReadToken(std::string_view body);

// What a refusal means, in words for the administrator. Source: RFC 6749, section 5.2. Metadata "oauth_error" is the
// issuer's own code, "back_off_ms" its Retry-After. `secret` never appears in the message, whatever the issuer says.
//   kFailedPrecondition OAUTH2_INVALID_CLIENT, OAUTH2_UNAUTHORIZED_CLIENT, OAUTH2_INVALID_SCOPE, OAUTH2_REFUSED,
//                       OAUTH2_BAD_ANSWER
//   kUnavailable        OAUTH2_ISSUER_AWAY  may pass
absl::Status ReadRefusal(int http_status, std::string_view body, std::string_view retry_after, std::string_view secret);

// How long the issuer asks to be left alone.
std::optional<std::chrono::milliseconds> BackOffOf(const absl::Status& refusal);

}  // namespace crosspoint::oauth2
