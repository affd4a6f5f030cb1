#pragma once

#include <string_view>

struct sockaddr;

namespace crosspoint::http {

// What an outgoing connection may reach. Checked on the resolved address of every connection, redirects included, so a
// name that resolves to somewhere else than it says is caught too. Link-local (which holds the cloud metadata
// services), unspecified, multicast and broadcast addresses are refused whatever is set here.
struct AddressRules {
  bool allow_loopback = false;
  bool allow_private = true;  // RFC 1918, RFC 6598 and fc00::/7: Exchange and identity providers usually live there

  bool operator==(const AddressRules&) const = default;
};

// Whether `address` (IPv4 or IPv6; IPv4 inside IPv6 is unwrapped) may be connected to. Other families never.
bool IsAllowed(const AddressRules& rules, const sockaddr& address);
// The same for a numeric address; false when `ip` is none.
bool IsAllowed(const AddressRules& rules, std::string_view ip);

}  // namespace crosspoint::http
