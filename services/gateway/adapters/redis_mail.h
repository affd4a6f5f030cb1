#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "common/log/log.h"
#include "common/redis/client.h"
#include "gateway/app/ports.h"

namespace crosspoint::gateway {

// Letters as lists in Redis, one a replica; those nobody fetches are gone after a minute. Thread-safe.
class RedisReplicaMail final : public ReplicaMail {
 public:
  RedisReplicaMail(RedisClient& redis, std::string own_address) : redis_(redis), own_(std::move(own_address)) {}
  const std::string& own_address() const override { return own_; }
  void Send(const std::string& replica, const Letter& letter) override;

 private:
  RedisClient& redis_;
  const std::string own_;
};

// Hands the letters to `address` to `take`, in the order they came, until stopped. One thread.
void ReadMail(const RedisConfig& config, const std::string& address, log::Logger& log, std::stop_token stop,
              const std::function<void(const Letter&)>& take);

}  // namespace crosspoint::gateway
