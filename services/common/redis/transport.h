#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/redis/redis_config.h"

namespace crosspoint {

// A non-blocking byte stream, plain or TLS. One thread. Every error is final: the transport is then thrown away.
class RedisTransport {
 public:
  enum class Progress { kDone, kWantRead, kWantWrite };

  virtual ~RedisTransport() = default;
  virtual int fd() const = 0;
  // Carries connecting and the TLS handshake on; called again when the wanted readiness comes, until kDone.
  virtual absl::StatusOr<Progress> Establish() = 0;
  // Bytes read; 0: none now. The end of the stream is an error.
  virtual absl::StatusOr<size_t> Read(char* into, size_t size) = 0;
  // Bytes taken; 0: none now.
  virtual absl::StatusOr<size_t> Write(std::string_view bytes) = 0;
};

// Begins to connect. A name with several addresses is tried in turn: `attempt` picks one. Name resolution blocks;
// numeric addresses and unix sockets never do.
absl::StatusOr<std::unique_ptr<RedisTransport>> DialRedis(const RedisConfig& config, unsigned attempt);

}  // namespace crosspoint
