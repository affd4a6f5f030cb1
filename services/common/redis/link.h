#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/redis/redis_config.h"
#include "common/redis/reply.h"
#include "common/redis/wire.h"

namespace crosspoint {

// A connection that comes back: one wire at a time inside an epoll set, dialled again with exponential backoff and
// jitter. I/O thread only.
class RedisLink {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Events {
    std::function<void()> on_up;
    std::function<void(const absl::Status&)> on_down;  // also for every failed attempt
    std::function<void(RedisReply)> on_reply;
  };

  // `epoll_fd` reports this link's readiness with data.ptr == this.
  RedisLink(const RedisConfig& config, std::string client_name, int epoll_fd, Events events);
  ~RedisLink();
  RedisLink(const RedisLink&) = delete;
  RedisLink& operator=(const RedisLink&) = delete;

  bool up() const { return up_; }
  const absl::Status& last_error() const { return last_error_; }
  Time last_received() const { return wire_->last_received(); }  // only while up

  void Send(std::string_view bytes) { wire_->Append(bytes); }  // only while up
  void Flush();
  // Drops the connection once the current event is done with.
  void RequestDrop(absl::Status why);

  void OnReady();         // fd() became readable or writable
  void OnTime(Time now);  // dials when it is time to, gives up an attempt that takes too long
  Time next_time() const;

 private:
  void Dial(Time now);
  void Advance();
  void Drop(const absl::Status& why);
  void Watch();

  const RedisConfig& config_;
  const std::string client_name_;
  const int epoll_fd_;
  const Events events_;
  std::unique_ptr<RedisWire> wire_;
  bool up_ = false;
  bool watched_ = false;
  uint32_t interest_ = 0;
  Time give_up_;  // of the attempt under way
  Time redial_;   // while there is no wire
  unsigned failures_ = 0;
  unsigned attempts_ = 0;
  absl::Status last_error_;
  absl::Status drop_requested_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace crosspoint
