#include "connectors/ews/autodiscover/places.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "connectors/ews/host_rules.h"
#include "connectors/ews/soap/text.h"

namespace crosspoint::ews {
namespace {

using Protocol = AutodiscoverPlace::Protocol;

constexpr std::string_view kSoapPath = "/autodiscover/autodiscover.svc";
constexpr std::string_view kXmlPath = "/autodiscover/autodiscover.xml";

std::string_view WithoutQuery(std::string_view url) { return url.substr(0, url.find_first_of("?#")); }

}  // namespace

std::vector<AutodiscoverPlace> PlacesAtHost(std::string_view host) {
  return {{Protocol::kSoap, fmt::format("https://{}{}", host, kSoapPath)},
          {Protocol::kXml, fmt::format("https://{}{}", host, kXmlPath)}};
}

std::vector<AutodiscoverPlace> PlacesAtUrl(const std::string& url) {
  const std::string_view path = WithoutQuery(url);
  const bool older = path.size() > 4 && EqualsIgnoringCase(path.substr(path.size() - 4), ".xml");
  if (!older) return {{Protocol::kSoap, url}};
  return {{Protocol::kSoap, std::string(path.substr(0, path.size() - 4)) + ".svc"}, {Protocol::kXml, url}};
}

std::vector<std::string> AutodiscoverHosts(std::string_view domain) {
  return {fmt::format("autodiscover.{}", domain), std::string(domain)};
}

std::string RedirectProbeUrl(std::string_view domain) {
  return fmt::format("http://autodiscover.{}{}", domain, kXmlPath);
}

std::string DomainOf(std::string_view address) {
  const size_t at = address.rfind('@');
  if (at == address.npos || at == 0 || address.size() > 254) return {};
  std::string domain(address.substr(at + 1));
  std::transform(domain.begin(), domain.end(), domain.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const bool is_name = IsHostPattern(domain) && domain.front() != '*' && domain.front() != '[';
  return is_name && domain.find('.') != domain.npos ? domain : "";
}

std::string AbsoluteLocation(const std::string& url, std::string_view location) {
  const bool is_path = !location.empty() && location.front() == '/' && location.substr(0, 2) != "//";
  if (!is_path) return std::string(location);
  const size_t host = url.find("://") + 3;
  return url.substr(0, std::min(url.find('/', host), url.size())) + std::string(location);
}

}  // namespace crosspoint::ews
