#include "common/http/text.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <memory>

#include "common/status/status.h"

namespace crosspoint::http {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view Trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string Part(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* value = nullptr;
  if (curl_url_get(url, part, &value, flags) != CURLUE_OK) return {};
  std::string text(value);
  curl_free(value);
  return text;
}

absl::Status BadUrl(std::string_view what) {
  return ErrorWithInfo(absl::StatusCode::kInvalidArgument, what,
                       {"INVALID_REQUEST", "http.crosspoint", {{"field", "url"}}});
}

}  // namespace

bool IsToken(std::string_view text) {
  static constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || kOthers.find(c) != kOthers.npos;
  });
}

bool IsHeaderValue(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return Lower(x) == Lower(y); });
}

void AddHeaderLine(std::string_view line, std::vector<Header>& headers) {
  if (line.empty()) return;
  if (line.front() == ' ' || line.front() == '\t') {
    if (!headers.empty()) headers.back().value.append(" ").append(Trimmed(line));
    return;
  }
  const size_t colon = line.find(':');
  if (colon == line.npos || colon == 0) return;
  headers.push_back({std::string(line.substr(0, colon)), std::string(Trimmed(line.substr(colon + 1)))});
}

absl::StatusOr<UrlParts> ParseUrl(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), &curl_url_cleanup);
  if (!IsHeaderValue(url) ||
      curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    return BadUrl("url: must be an absolute http or https URL");
  }
  UrlParts parts{.scheme = Part(parsed.get(), CURLUPART_SCHEME),
                 .host = Part(parsed.get(), CURLUPART_HOST),
                 .port = Part(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT)};
  if (parts.scheme != "http" && parts.scheme != "https") return BadUrl("url: must begin with http:// or https://");
  if (!Part(parsed.get(), CURLUPART_USER).empty() || !Part(parsed.get(), CURLUPART_PASSWORD).empty()) {
    return BadUrl("url: must not carry credentials");
  }
  std::transform(parts.host.begin(), parts.host.end(), parts.host.begin(), Lower);
  return parts;
}

}  // namespace crosspoint::http
