#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

struct sockaddr;

namespace crosspoint::http {

// A block of addresses.
struct Network {
  std::array<uint8_t, 16> address{};  // IPv4 as ::ffff:a.b.c.d; bits behind the prefix are zero
  int prefix = 0;                     // 0 to 128
  bool operator==(const Network&) const = default;
};
// "10.1.0.0/16", "2001:db8::/32", or one address. nullopt for anything else, and when bits behind the prefix are set:
// that is more likely a slip than a wish.
std::optional<Network> ParseNetwork(std::string_view text);

// What an outgoing connection may reach. Checked on the resolved address of every connection, redirects included, so a
// name that resolves to somewhere else than it says is caught too. Link-local (which holds most of the clouds' metadata
// services), the other metadata addresses, unspecified, multicast and broadcast ones are refused whatever is set here,
// also inside the IPv6 forms that carry an IPv4 address.
struct AddressRules {
  bool allow_loopback = false;
  bool allow_private = true;      // RFC 1918, RFC 6598 and fc00::/7: Exchange and identity providers usually live there
  std::vector<Network> networks;  // not empty: nothing outside these

  bool operator==(const AddressRules&) const = default;
};

// Whether `address` (IPv4 or IPv6; IPv4 inside IPv6 is unwrapped) may be connected to. Other families never.
bool IsAllowed(const AddressRules& rules, const sockaddr& address);
// The same for a numeric address; false when `ip` is none.
bool IsAllowed(const AddressRules& rules, std::string_view ip);

}  // namespace crosspoint::http
