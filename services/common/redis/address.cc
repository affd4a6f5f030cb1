#include "common/redis/address.h"

#include <charconv>

#include "absl/status/status.h"

namespace crosspoint {

absl::StatusOr<RedisAddress> ParseRedisAddress(std::string_view address) {
  constexpr std::string_view kUnix = "unix:";
  constexpr size_t kMaxUnixPath = 107;  // sockaddr_un::sun_path without its NUL
  if (address.starts_with(kUnix)) {
    address.remove_prefix(kUnix.size());
    if (!address.starts_with('/') || address.size() > kMaxUnixPath) {
      return absl::InvalidArgumentError("a unix socket needs an absolute path of at most 107 bytes");
    }
    return RedisAddress{.unix_path = std::string(address), .host = {}, .port = {}};
  }
  const auto colon = address.rfind(':');
  if (colon == std::string_view::npos) return absl::InvalidArgumentError("no port");
  auto host = address.substr(0, colon);
  const auto port = address.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return absl::InvalidArgumentError("an IPv6 address goes into []");
  }
  int number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (host.empty() || error != std::errc{} || end != port.data() + port.size() || number < 1 || number > 65535) {
    return absl::InvalidArgumentError("needs a host and a port of 1 to 65535");
  }
  return RedisAddress{.unix_path = {}, .host = std::string(host), .port = std::string(port)};
}

}  // namespace crosspoint
