#pragma once

#include <chrono>
#include <string_view>

#include "absl/status/status.h"

namespace crosspoint {

// Where metrics come from. Called on the client's I/O thread: must not block or call the client.
class RedisObserver {
 public:
  virtual ~RedisObserver() = default;
  // One finished command. `name` is the command in capitals ("HSET") or "script:" and the script's name.
  virtual void OnCommand(std::string_view name, const absl::Status& status, std::chrono::nanoseconds duration) = 0;
  // The pipelined connection stands again (or for the first time).
  virtual void OnConnected() {}
  // It was lost, or an attempt failed.
  virtual void OnDisconnected(const absl::Status& /*why*/) {}
};

}  // namespace crosspoint
