#include "connectors/ews/host_rules.h"

#include <algorithm>
#include <cctype>

#include "common/http/address_rules.h"

namespace crosspoint::ews {
namespace {

std::string Folded(std::string_view host) {
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  std::string folded(host);
  std::transform(folded.begin(), folded.end(), folded.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return folded;
}

bool IsName(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  size_t label = 0;
  for (const char c : name) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
    } else if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_') {
      return false;
    } else if (++label > 63) {
      return false;
    }
  }
  return label > 0;
}

bool IsBelow(std::string_view host, std::string_view domain) {
  return host.size() > domain.size() + 1 && host.substr(host.size() - domain.size()) == domain &&
         host[host.size() - domain.size() - 1] == '.';
}

}  // namespace

bool IsHostPattern(std::string_view pattern) {
  if (pattern.size() > 2 && pattern.front() == '[' && pattern.back() == ']') {
    const auto network = http::ParseNetwork(pattern.substr(1, pattern.size() - 2));
    return network && network->prefix == 128;
  }
  if (pattern.substr(0, 2) == "*.") {
    pattern.remove_prefix(2);
    return IsName(pattern) && pattern.find('.') != pattern.npos;
  }
  return IsName(pattern);
}

bool MatchesHost(const std::vector<std::string>& patterns, std::string_view host) {
  const std::string wanted = Folded(host);
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& each) {
    const std::string pattern = Folded(each);
    return pattern.starts_with("*.") ? IsBelow(wanted, std::string_view(pattern).substr(2)) : pattern == wanted;
  });
}

bool IsExchangeOnlineHost(std::string_view host) {
  static const std::vector<std::string> kHosts = {"office365.com",        "*.office365.com",    "outlook.com",
                                                  "*.outlook.com",        "*.office.com",       "*.office365.us",
                                                  "*.outlook.office.com", "*.outlook.cn",       "*.partner.outlook.cn",
                                                  "*.onmicrosoft.com",    "*.outlook.office.de"};
  return MatchesHost(kHosts, host);
}

}  // namespace crosspoint::ews
