#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/http/client.h"

namespace crosspoint::http {

// RFC 9110 token: what a method or header name may consist of.
bool IsToken(std::string_view text);
// No CR, LF, NUL or other control character except tab: nothing that could end the header line.
bool IsHeaderValue(std::string_view text);
bool EqualsIgnoringCase(std::string_view a, std::string_view b);
// Adds "Name: value" to `headers`; a line that begins with white space continues the last one. Others are dropped.
void AddHeaderLine(std::string_view line, std::vector<Header>& headers);

struct UrlParts {
  std::string scheme;  // "http" or "https"
  std::string host;    // as written, lower case, IPv6 in brackets
  std::string port;    // never empty
};
// kInvalidArgument INVALID_REQUEST for any other scheme, user information, or what is no URL. Never quotes the URL.
absl::StatusOr<UrlParts> ParseUrl(const std::string& url);

}  // namespace crosspoint::http
