#pragma once

#include <deque>
#include <string>

#include "common/redis/link.h"
#include "common/redis/operation.h"

namespace crosspoint {

// Everybody's commands on one connection, in order. Without a connection they wait for one until their deadlines. I/O
// thread only.
class RedisPipeline {
 public:
  using Time = RedisLink::Time;
  struct Events {
    std::function<void()> on_up;
    std::function<void(const absl::Status&)> on_down;
  };

  RedisPipeline(const RedisConfig& config, const std::string& client_name, int epoll_fd, RedisOperationSink& sink,
                Events events);

  void Submit(RedisOperation operation);
  void Flush() { link_.Flush(); }
  void OnTime(Time now);
  Time next_time() const;
  void FailAll(const absl::Status& why);
  RedisLink& link() { return link_; }

 private:
  void Send(RedisOperation operation);
  void OnUp();
  void OnDown(const absl::Status& why);
  void OnReply(RedisReply reply);
  void Expire(Time now);
  void CheckLiveness(Time now);

  const RedisConfig& config_;
  RedisOperationSink& sink_;
  Events events_;
  std::deque<RedisOperation> waiting_;    // no connection yet
  std::deque<RedisOperation> in_flight_;  // sent, in the order replies will come
  Time next_expiry_ = Time::max();        // no operation expires before
  RedisLink link_;
};

}  // namespace crosspoint
