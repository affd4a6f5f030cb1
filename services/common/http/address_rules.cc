#include "common/http/address_rules.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>

namespace crosspoint::http {
namespace {

struct Block {
  uint32_t network;
  int prefix;
};

bool IsIn(uint32_t ip, const Block& block) {
  return (ip >> (32 - block.prefix)) == (block.network >> (32 - block.prefix));
}

bool IsAllowedV4(const AddressRules& rules, uint32_t ip) {
  static constexpr Block kLoopback{0x7f000000, 8};
  // This network, link-local with its metadata services, IETF protocol assignments, multicast, reserved and broadcast.
  static constexpr std::array<Block, 5> kNever{
      {{0x00000000, 8}, {0xa9fe0000, 16}, {0xc0000000, 24}, {0xe0000000, 4}, {0xf0000000, 4}}};
  static constexpr uint32_t kAlibabaMetadata = 0x646464c8;  // 100.100.100.200, inside RFC 6598 space
  static constexpr std::array<Block, 4> kPrivate{
      {{0x0a000000, 8}, {0xac100000, 12}, {0xc0a80000, 16}, {0x64400000, 10}}};
  if (IsIn(ip, kLoopback)) return rules.allow_loopback;
  if (ip == kAlibabaMetadata) return false;
  for (const Block& block : kNever) {
    if (IsIn(ip, block)) return false;
  }
  for (const Block& block : kPrivate) {
    if (IsIn(ip, block)) return rules.allow_private;
  }
  return true;
}

uint32_t V4At(const std::array<uint8_t, 16>& ip, size_t offset) {
  return uint32_t{ip[offset]} << 24 | uint32_t{ip[offset + 1]} << 16 | uint32_t{ip[offset + 2]} << 8 | ip[offset + 3];
}

bool StartsWith(const std::array<uint8_t, 16>& ip, std::initializer_list<uint8_t> bytes) {
  return std::equal(bytes.begin(), bytes.end(), ip.begin());
}

bool IsAllowedV6(const AddressRules& rules, const std::array<uint8_t, 16>& ip) {
  static constexpr std::array<uint8_t, 16> kLoopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  // fd00:ec2::/32 holds the metadata service of Amazon.
  if (ip == kLoopback) return rules.allow_loopback;
  if (StartsWith(ip, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0})) {  // ::a.b.c.d and ::ffff:a.b.c.d
    if (ip[10] == 0xff && ip[11] == 0xff) return IsAllowedV4(rules, V4At(ip, 12));
    return false;
  }
  if (StartsWith(ip, {0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0}))
    return IsAllowedV4(rules, V4At(ip, 12));                                 // NAT64
  if (StartsWith(ip, {0x20, 0x02})) return IsAllowedV4(rules, V4At(ip, 2));  // 6to4
  if (StartsWith(ip, {0xfd, 0x00, 0x0e, 0xc2})) return false;
  if (ip[0] == 0xff) return false;                            // multicast
  if (ip[0] == 0xfe && (ip[1] & 0xc0) >= 0x80) return false;  // link-local and site-local
  if ((ip[0] & 0xfe) == 0xfc) return rules.allow_private;     // unique local
  return true;
}

}  // namespace

bool IsAllowed(const AddressRules& rules, const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return IsAllowedV4(rules, ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    std::array<uint8_t, 16> ip{};
    std::memcpy(ip.data(), &v6.sin6_addr, ip.size());
    return IsAllowedV6(rules, ip);
  }
  return false;
}

bool IsAllowed(const AddressRules& rules, std::string_view ip) {
  const std::string text(ip);
  in_addr v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return IsAllowedV4(rules, ntohl(v4.s_addr));
  std::array<uint8_t, 16> v6{};
  if (inet_pton(AF_INET6, text.c_str(), v6.data()) == 1) return IsAllowedV6(rules, v6);
  return false;
}

}  // namespace crosspoint::http
