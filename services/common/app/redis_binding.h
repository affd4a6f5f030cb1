#pragma once

#include "common/config/binder.h"
#include "common/redis/redis_config.h"
#include "common/status/status.h"

namespace crosspoint::config {

// The keys of a Redis connection: binder.Block("redis", config.redis).
inline void BindConfig(Binder& binder, RedisConfig& redis) {
  using namespace std::chrono_literals;
  binder.Field("address", redis.address)
      .Field("user", redis.user)
      .SecretFile("password_file", redis.password_file)
      .Field("tls.enabled", redis.tls.enabled)
      .File("tls.ca_file", redis.tls.ca_file)
      .File("tls.cert_file", redis.tls.cert_file)
      .File("tls.key_file", redis.tls.key_file)
      .Field("tls.server_name", redis.tls.server_name)
      .Choice("durability", redis.durability,
              {{"single", RedisDurability::kSingle},
               {"wait_all", RedisDurability::kWaitAll},
               {"wait_one", RedisDurability::kWaitOne}})
      .Field("replicas", redis.replicas, {0, 8})
      .Field("allow_loss", redis.allow_loss)
      .Field("allow_volatile", redis.allow_volatile)
      .Field("connect_timeout", redis.connect_timeout, {10ms, 1min})
      .Field("default_deadline", redis.default_deadline, {10ms, 1min})
      .Field("stall_timeout", redis.stall_timeout, {100ms, 10min})
      .Field("max_pending", redis.max_pending, {1, 10'000'000})
      .Field("max_pending_bytes", redis.max_pending_bytes, {4096, size_t{1} << 32})
      .Check("address", [&redis] { return MessageOf(redis.Validate()); });
}

}  // namespace crosspoint::config
