#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/redis/redis_config.h"
#include "common/redis/reply.h"

namespace crosspoint::testing {

struct RedisServerOptions {
  enum class Kind { kRedis, kValkey };
  enum class Reach { kUnix, kTcp, kTls };

  Kind kind = Kind::kRedis;
  Reach reach = Reach::kUnix;       // what config() uses; the unix socket is always there for Command
  bool append_only = true;          // with appendfsync always
  std::string user;                 // an ACL user config() logs in as; empty: none
  std::string password = "s3cret";  // of `user`
  std::string rules = "~* &* +@all";
  bool require_client_certificate = false;  // kTls
  int replica_of_port = 0;                  // of a primary with reach kTcp
  std::vector<std::string> extra;           // further arguments: {"--maxmemory", "1mb"}
};

// A real redis-server or valkey-server in a directory of its own, private to the test; gone with the object, also when
// the test is killed. Stops the process when the server will not start. Create it on the main thread: the server dies
// with the thread that started it.
class RedisServer {
 public:
  using Options = RedisServerOptions;

  explicit RedisServer(Options options = {});
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  // How a client reaches it: address, login, TLS; allow_volatile when it keeps no file.
  RedisConfig config() const;
  std::string socket_path() const;
  int port() const;  // kTcp and kTls
  const std::filesystem::path& dir() const;
  int pid() const;

  void Kill();     // SIGKILL: nothing is flushed
  void Stop();     // SIGTERM: an orderly end
  void Restart();  // starts it again on the same directory, socket and port
  void Freeze();   // SIGSTOP: connections stand, nothing answers
  void Thaw();

  // One command over the unix socket as the default user. Stops the process when Redis cannot be reached; an error
  // reply comes back as kError.
  RedisReply Command(const std::vector<std::string>& args) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// "127.0.0.1:<port>" that was free a moment ago.
int FreeTcpPort();

}  // namespace crosspoint::testing
