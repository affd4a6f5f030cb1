#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/redis/reply.h"

namespace crosspoint {

// One command on its way. `done` is empty once it was answered, though its reply may still be owed by Redis.
struct RedisOperation {
  std::string bytes;  // encoded; given away when sent
  std::string name;   // for the observer
  std::chrono::steady_clock::time_point deadline;
  std::chrono::steady_clock::time_point started;
  std::chrono::steady_clock::time_point sent;
  std::function<void(absl::StatusOr<RedisReply>)> done;
  std::unique_ptr<std::vector<std::string>> eval;  // EVALSHA only: the same call as EVAL, for NOSCRIPT
  std::string mark_key;                            // durable only: a key of the command's tag, see DurableLane
  size_t cost = 0;                                 // bytes counted against max_pending_bytes
};

// What a connection does with finished operations. I/O thread.
class RedisOperationSink {
 public:
  virtual ~RedisOperationSink() = default;
  // Answers the operation, once; nothing when it was answered before.
  virtual void Finish(RedisOperation& operation, absl::StatusOr<RedisReply> result) = 0;
};

// Turns an operation Redis had no script for into its EVAL form. False when it has none.
bool FallBackToEval(RedisOperation& operation, const RedisReply& reply);

}  // namespace crosspoint
