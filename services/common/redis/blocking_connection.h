#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/redis/client.h"

namespace crosspoint {

// A connection of its own for commands that wait inside Redis (BLPOP, XREADGROUP BLOCK), which would hold up everybody
// on the pipelined one. Connects when first used and after any error. One thread at a time, except Interrupt.
class RedisBlockingConnection {
 public:
  explicit RedisBlockingConnection(RedisConfig config, std::string client_name = "crosspoint-blocking");
  ~RedisBlockingConnection();
  RedisBlockingConnection(const RedisBlockingConnection&) = delete;
  RedisBlockingConnection& operator=(const RedisBlockingConnection&) = delete;

  // Sends one command and waits for its reply until `deadline`, which must leave room for the command's own BLOCK time.
  //   kUnavailable       REDIS_UNAVAILABLE as RedisClient
  //   kDeadlineExceeded  no reply in time; the connection is dropped
  //   kCancelled         interrupted
  absl::StatusOr<RedisReply> Call(const std::vector<std::string>& args, Deadline deadline);

  // Makes the running Call and all later ones return kCancelled. Any thread.
  void Interrupt();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crosspoint
