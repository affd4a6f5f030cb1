#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/redis/transport.h"

namespace crosspoint {

// TLS 1.2 or newer over `plain`. Certificate files are read here, so every connect takes renewed ones. The peer must
// show a certificate for `server_name`, a DNS name or an IP address.
absl::StatusOr<std::unique_ptr<RedisTransport>> StartTls(std::unique_ptr<RedisTransport> plain, const RedisTls& tls,
                                                         const std::string& server_name);

}  // namespace crosspoint
