#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace crosspoint::ews {

// An address where Autodiscover may be asked, and how.
struct AutodiscoverPlace {
  enum class Protocol { kSoap, kXml };
  Protocol protocol = Protocol::kSoap;
  std::string url;
  bool operator==(const AutodiscoverPlace&) const = default;
};

// Both protocols at an https host, the newer first.
std::vector<AutodiscoverPlace> PlacesAtHost(std::string_view host);
// What a redirect to `url` may mean: that address, and for the older protocol's the newer one beside it first.
std::vector<AutodiscoverPlace> PlacesAtUrl(const std::string& url);
// The hosts of a mail domain in the usual order, and where plain HTTP may tell a redirect. Source: "Autodiscover for
// Exchange", Exchange developer documentation, without its service records in the DNS.
std::vector<std::string> AutodiscoverHosts(std::string_view domain);
std::string RedirectProbeUrl(std::string_view domain);

// The part behind the last @, lower case; empty when `address` is none that could be asked about.
std::string DomainOf(std::string_view address);
// `location` of an answer from `url`, made absolute when it is a path.
std::string AbsoluteLocation(const std::string& url, std::string_view location);

}  // namespace crosspoint::ews
