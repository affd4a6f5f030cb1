#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace crosspoint {

struct RedisAddress {
  std::string unix_path;  // set: a unix socket, and host and port are empty
  std::string host;
  std::string port;
};

// "host:port", "[v6]:port" or "unix:/path".  kInvalidArgument: none of them.
absl::StatusOr<RedisAddress> ParseRedisAddress(std::string_view address);

}  // namespace crosspoint
