#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "absl/status/status.h"

namespace crosspoint {

// When a durable write counts as safe and may be acknowledged.
enum class RedisDurability {
  kSingle,   // one Redis with an append-only file synced at every write; loses nothing, waits for its restart
  kWaitAll,  // every one of `replicas` has it; a missing replica stops durable writes
  kWaitOne,  // one replica has it; a fail-over to another one can lose it, so it needs allow_loss
};

struct RedisTls {
  bool enabled = false;
  std::string ca_file;      // PEM; empty: the system's authorities
  std::string cert_file;    // PEM; this service's own certificate, empty when the server asks for none
  std::string key_file;     // PEM; goes with cert_file
  std::string server_name;  // the name the server's certificate must carry; empty: the host of `address`
};

struct RedisConfig {
  std::string address = "127.0.0.1:6379";  // "host:port", "[v6]:port" or "unix:/path/of/socket"
  std::string user;                        // ACL user; empty: the default user
  std::string password_file;               // one line, read again at every connect; empty: no AUTH
  RedisTls tls;

  RedisDurability durability = RedisDurability::kSingle;
  int replicas = 0;             // kWaitAll: how many replicas must have every write; 1 to 8
  bool allow_loss = false;      // kWaitOne is refused without it
  bool allow_volatile = false;  // accept a Redis that forgets on restart (demo, tests)

  std::chrono::milliseconds connect_timeout{1000};   // TCP, TLS and greeting together
  std::chrono::milliseconds default_deadline{2000};  // RedisClient::DefaultDeadline
  std::chrono::milliseconds stall_timeout{3000};  // a connection owing a reply this long, receiving nothing, is dropped
  size_t max_pending = 20'000;                    // commands waiting or in flight; more are refused
  size_t max_pending_bytes = size_t{32} << 20;    // of these commands together

  // kInvalidArgument names the first wrong field ("redis.replicas").
  absl::Status Validate() const;
};

}  // namespace crosspoint
