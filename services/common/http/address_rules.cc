#include "common/http/address_rules.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

namespace crosspoint::http {
namespace {

using Bytes = std::array<uint8_t, 16>;

struct Block {
  uint32_t network;
  int prefix;
};

bool IsIn(uint32_t ip, const Block& block) {
  return (ip >> (32 - block.prefix)) == (block.network >> (32 - block.prefix));
}

bool IsIn(const Bytes& ip, const Network& network) {
  const auto whole = static_cast<size_t>(network.prefix / 8);
  if (!std::equal(ip.begin(), ip.begin() + whole, network.address.begin())) return false;
  const int rest = network.prefix % 8;
  return rest == 0 || ((ip[whole] ^ network.address[whole]) >> (8 - rest)) == 0;
}

Bytes Mapped(uint32_t ip) {
  Bytes bytes{};
  bytes[10] = bytes[11] = 0xff;
  for (size_t i = 0; i < 4; ++i) bytes[12 + i] = static_cast<uint8_t>(ip >> (24 - 8 * i));
  return bytes;
}

bool IsInNetworks(const AddressRules& rules, const Bytes& ip) {
  return rules.networks.empty() || std::any_of(rules.networks.begin(), rules.networks.end(),
                                               [&](const Network& network) { return IsIn(ip, network); });
}

bool IsAllowedV4(const AddressRules& rules, uint32_t ip) {
  static constexpr Block kLoopback{0x7f000000, 8};
  // This network, link-local with its metadata services, IETF protocol assignments with that of Oracle (192.0.0.192),
  // multicast, reserved and broadcast.
  static constexpr std::array<Block, 5> kNever{
      {{0x00000000, 8}, {0xa9fe0000, 16}, {0xc0000000, 24}, {0xe0000000, 4}, {0xf0000000, 4}}};
  static constexpr uint32_t kAlibabaMetadata = 0x646464c8;  // 100.100.100.200, inside RFC 6598 space
  static constexpr uint32_t kAzurePlatform = 0xa83f8110;    // 168.63.129.16, a public address
  static constexpr std::array<Block, 4> kPrivate{
      {{0x0a000000, 8}, {0xac100000, 12}, {0xc0a80000, 16}, {0x64400000, 10}}};
  if (ip == kAlibabaMetadata || ip == kAzurePlatform) return false;
  if (std::any_of(kNever.begin(), kNever.end(), [&](const Block& block) { return IsIn(ip, block); })) return false;
  if (IsIn(ip, kLoopback) && !rules.allow_loopback) return false;
  if (!rules.allow_private &&
      std::any_of(kPrivate.begin(), kPrivate.end(), [&](const Block& block) { return IsIn(ip, block); })) {
    return false;
  }
  return IsInNetworks(rules, Mapped(ip));
}

uint32_t V4At(const Bytes& ip, size_t offset) {
  return uint32_t{ip[offset]} << 24 | uint32_t{ip[offset + 1]} << 16 | uint32_t{ip[offset + 2]} << 8 | ip[offset + 3];
}

bool StartsWith(const Bytes& ip, std::initializer_list<uint8_t> bytes) {
  return std::equal(bytes.begin(), bytes.end(), ip.begin());
}

bool IsMetadataV6(const Bytes& ip) {
  return StartsWith(ip, {0xfd, 0x00, 0x0e, 0xc2}) ||                           // Amazon
         StartsWith(ip, {0xfd, 0x20, 0x00, 0xce}) ||                           // Google
         StartsWith(ip, {0xfd, 0x00, 0x00, 0xc1}) ||                           // Oracle
         StartsWith(ip, {0xfd, 0x00, 0x00, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0});  // Scaleway
}

bool IsAllowedV6(const AddressRules& rules, const Bytes& ip) {
  static constexpr Bytes kLoopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  if (ip == kLoopback) return rules.allow_loopback && IsInNetworks(rules, ip);
  if (StartsWith(ip, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0})) {  // ::a.b.c.d and ::ffff:a.b.c.d
    if (ip[10] == 0xff && ip[11] == 0xff) return IsAllowedV4(rules, V4At(ip, 12));
    return false;
  }
  if (StartsWith(ip, {0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0}))
    return IsAllowedV4(rules, V4At(ip, 12));                                 // NAT64
  if (StartsWith(ip, {0x20, 0x02})) return IsAllowedV4(rules, V4At(ip, 2));  // 6to4
  // Local NAT64 (RFC 8215), Teredo: where in them the IPv4 address stands is not for us to guess.
  if (StartsWith(ip, {0x00, 0x64, 0xff, 0x9b}) || StartsWith(ip, {0x20, 0x01, 0x00, 0x00})) return false;
  if (StartsWith(ip, {0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})) return false;  // ::ffff:0:a.b.c.d (RFC 2765)
  if ((ip[8] & 0xfd) == 0 && ip[9] == 0 && ip[10] == 0x5e && ip[11] == 0xfe) {
    if (!IsAllowedV4(AddressRules{.allow_loopback = rules.allow_loopback}, V4At(ip, 12))) return false;  // ISATAP
  }
  if (IsMetadataV6(ip)) return false;
  if (ip[0] == 0xff) return false;                                   // multicast
  if (ip[0] == 0xfe && (ip[1] & 0xc0) >= 0x80) return false;         // link-local and site-local
  if ((ip[0] & 0xfe) == 0xfc && !rules.allow_private) return false;  // unique local
  return IsInNetworks(rules, ip);
}

// What inet_pton takes; IPv4 mapped.
std::optional<Bytes> ParseAddress(const std::string& text, bool& is_v4) {
  in_addr v4{};
  Bytes v6{};
  is_v4 = inet_pton(AF_INET, text.c_str(), &v4) == 1;
  if (is_v4) return Mapped(ntohl(v4.s_addr));
  if (inet_pton(AF_INET6, text.c_str(), v6.data()) == 1) return v6;
  return std::nullopt;
}

}  // namespace

std::optional<Network> ParseNetwork(std::string_view text) {
  const size_t slash = text.find('/');
  bool is_v4 = false;
  const auto address = ParseAddress(std::string(text.substr(0, slash)), is_v4);
  if (!address) return std::nullopt;
  Network network{*address, 128};
  if (slash != text.npos) {
    const std::string_view digits = text.substr(slash + 1);
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, network.prefix);
    const int widest = is_v4 ? 32 : 128;
    if (error != std::errc() || stop != end || network.prefix < 0 || network.prefix > widest) return std::nullopt;
    network.prefix += 128 - widest;
  }
  for (int bit = network.prefix; bit < 128; ++bit) {
    const auto index = static_cast<size_t>(bit / 8);
    if ((network.address[index] >> (7 - bit % 8) & 1) != 0) return std::nullopt;
  }
  return network;
}

bool IsAllowed(const AddressRules& rules, const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return IsAllowedV4(rules, ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    Bytes ip{};
    std::memcpy(ip.data(), &v6.sin6_addr, ip.size());
    return IsAllowedV6(rules, ip);
  }
  return false;
}

bool IsAllowed(const AddressRules& rules, std::string_view ip) {
  bool is_v4 = false;
  const auto address = ParseAddress(std::string(ip), is_v4);
  return address && IsAllowedV6(rules, *address);
}

}  // namespace crosspoint::http
