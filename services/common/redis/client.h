#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/redis/redis_config.h"
#include "common/redis/reply.h"
#include "common/redis/script.h"

namespace crosspoint {

namespace log {
class Logger;
}
class RedisObserver;

using Deadline = std::chrono::steady_clock::time_point;

struct RedisClientOptions {
  std::string client_name = "crosspoint";  // shown by CLIENT LIST; no spaces
  RedisObserver* observer = nullptr;       // outlives the client
  log::Logger* log = nullptr;              // outlives the client; one line per outage and per recovery
};

// Commands to Redis from any number of threads. One I/O thread pipelines everybody's commands on one connection and
// connects again by itself, with exponential backoff and jitter. In the wait modes durable writes travel on connections
// of their own, in groups: writes, their replies, WAIT and WAITAOF, then the answers.
// Connecting begins with construction; thread-safe.
//
// Errors of every call (ErrorInfo domain "redis.crosspoint"):
//   kUnavailable        REDIS_UNAVAILABLE  no connection before the deadline (metadata happened=no), or lost while the
//                                          command was in flight (happened=unknown: it may or may not have happened)
//   kUnavailable        NOT_DURABLE        too few replicas have the write (happened=unknown); repeating is safe only
//                                          for idempotent writes
//   kDeadlineExceeded   REDIS_DEADLINE     sent, no reply in time: it may or may not have happened
//   kResourceExhausted  REDIS_OVERLOADED   more than max_pending commands are waiting; REDIS_FULL: out of memory
//   others              as errors.cc translates Redis's own error replies
class RedisClient {
 public:
  using Callback = std::function<void(absl::StatusOr<RedisReply>)>;

  explicit RedisClient(RedisConfig config, RedisClientOptions options = {});
  ~RedisClient();
  RedisClient(const RedisClient&) = delete;
  RedisClient& operator=(const RedisClient&) = delete;

  // Fails what is waiting or in flight and ends the I/O thread. Further calls answer kUnavailable. Idempotent.
  void Stop();

  // Runs one command and waits for its reply until `deadline`, for a connection too when there is none. Never from a
  // callback of this client.
  absl::StatusOr<RedisReply> Call(std::vector<std::string> args, Deadline deadline);
  // The same for a write that must not be lost: answered only when safe by the configured durability.
  absl::StatusOr<RedisReply> CallDurable(std::vector<std::string> args, Deadline deadline);

  // Does not wait. `done` runs exactly once, on the I/O thread (or here, when refused at once); it must not block.
  // Plain commands of one caller are carried out in order; durable ones and scripts may overtake each other.
  void CallAsync(std::vector<std::string> args, Deadline deadline, Callback done);
  void CallDurableAsync(std::vector<std::string> args, Deadline deadline, Callback done);

  // Runs `script` by its hash, with the source when Redis does not know it. kInvalidArgument when `keys` have different
  // hash tags. The Durable forms are for scripts whose writes must not be lost.
  absl::StatusOr<RedisReply> RunScript(const RedisScript& script, std::vector<std::string> keys,
                                       std::vector<std::string> args, Deadline deadline);
  absl::StatusOr<RedisReply> RunScriptDurable(const RedisScript& script, std::vector<std::string> keys,
                                              std::vector<std::string> args, Deadline deadline);
  void RunScriptAsync(const RedisScript& script, std::vector<std::string> keys, std::vector<std::string> args,
                      Deadline deadline, Callback done);
  void RunScriptDurableAsync(const RedisScript& script, std::vector<std::string> keys, std::vector<std::string> args,
                             Deadline deadline, Callback done);

  // For readiness: without a connection answers at once, saying why there is none; else a PING of at most 500 ms.
  absl::Status Ping();
  bool connected() const;

  // Now plus RedisConfig::default_deadline.
  Deadline DefaultDeadline() const;
  const RedisConfig& config() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crosspoint
