#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/credentials.h"
#include "tests/support/redis_server.h"

namespace grpc {
class Channel;
class ClientContext;
}  // namespace grpc

namespace crosspoint::troubles {

// Presence replicas and their Redis as processes: on loopback, or each replica in a network namespace of its own, with
// a wire that can be cut and made lossy. Created, told to start and to kill by the main thread; the rest is
// thread-safe.
class Cluster {
 public:
  // With `namespaces` the replicas run in cp1, cp2, … and are reached as tests/troubles.sh has laid the wires.
  Cluster(int replicas, bool namespaces);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  int size() const { return static_cast<int>(replicas_.size()); }
  bool namespaces() const { return namespaces_; }
  testing::RedisServer& redis() { return *redis_; }
  const testing::Credentials& credentials() const { return credentials_; }

  void Start(int replica);
  void Kill(int replica);
  void Freeze(int replica) const;
  void Thaw(int replica) const;
  bool Running(int replica) const;
  // Until all running replicas answer.
  bool WaitReady();
  long RssKb(int replica) const;

  // Only with namespaces. What of the replica's traffic is lost from now on; Mend ends it.
  void CutFromPeersAndStore(int replica) const;  // clients still reach it
  void CutFromPeers(int replica) const;
  void LosePackets(int replica, int percent) const;
  void Mend(int replica) const;

  // The same channel each time; another one after the replica was started again.
  std::shared_ptr<grpc::Channel> Channel(int replica) const;
  std::unique_ptr<grpc::ClientContext> As(const std::string& user, const std::string& role) const;

 private:
  struct Replica {
    pid_t pid = -1;  // guarded by mu_
    std::string address;
    std::filesystem::path config;
    std::shared_ptr<grpc::Channel> channel;  // guarded by mu_; shared with its callers
  };
  void Nft(int replica, const std::string& rules) const;

  const bool namespaces_;
  const std::filesystem::path dir_;
  testing::Credentials credentials_;
  std::unique_ptr<testing::RedisServer> redis_;
  mutable std::mutex mu_;
  std::vector<Replica> replicas_;
};

}  // namespace crosspoint::troubles
