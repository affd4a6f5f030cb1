#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/presence/child.h"
#include "tests/bench/presence/floor.h"
#include "tests/bench/presence/tally.h"
#include "tests/bench/presence/watchers.h"
#include "tests/support/credentials.h"
#include "tests/support/redis_server.h"
#include "tests/support/stack/service_process.h"

namespace crosspoint::bench {

// The users who are watched; everybody watches all of them.
inline constexpr int kUsers = 50;
inline constexpr char kTenant[] = "default";
std::string UserName(int user);
std::string NoteOf(int mark);  // as long for every mark

// One way for updates to spread.
class Side {
 public:
  virtual ~Side() = default;
  virtual const char* name() const = 0;
  // One that would hold up the others when timed as often.
  virtual bool slow() const { return false; }
  // So many watch from now on over so many connections, instead of those before.
  virtual void Watch(int watchers, int connections) = 0;
  // A user's new state, with the mark in its note. Does not wait.
  virtual void Update(int user, int mark) = 0;
  // Of all processes that serve, until now.
  virtual double AllCpuSeconds() const = 0;
  // The process that holds the streams.
  virtual pid_t streams_pid() const = 0;
  Tally& tally() { return tally_; }

 protected:
  Tally tally_;
};

// Calls SetAvailability over one connection.
class UpdateCaller;

// Two replicas of presence as shipped: one takes the updates, the other holds the streams; a real Redis with a synced
// append-only file.
class OurSide final : public Side {
 public:
  OurSide(const testing::Credentials& credentials, const std::filesystem::path& folder);
  ~OurSide() override;
  const char* name() const override { return "crosspoint"; }
  void Watch(int watchers, int connections) override;
  void Update(int user, int mark) override;
  double AllCpuSeconds() const override;
  pid_t streams_pid() const override { return replicas_[1]->pid(); }

  // What a watcher is sent for one update when it watches all users.
  MessageShape Shape();
  const testing::RedisServer& redis() const { return redis_; }
  std::string address(int replica) const { return "127.0.0.1:" + std::to_string(ports_[replica]); }
  std::shared_ptr<grpc::Channel> Channel(int replica) const;  // as the gateway

 private:
  std::string Yaml(int port) const;

  const testing::Credentials& credentials_;
  const std::filesystem::path folder_;
  testing::RedisServer redis_;
  const int ports_[2];
  std::unique_ptr<testing::ServiceProcess> replicas_[2];
  std::unique_ptr<UpdateCaller> updates_;
  std::unique_ptr<Watchers> watchers_;
};

// Raw ZeroMQ and bare gRPC in the same two processes.
class FloorSide final : public Side {
 public:
  explicit FloorSide(const std::filesystem::path& folder);
  ~FloorSide() override;
  const char* name() const override { return "floor"; }
  void Watch(int watchers, int connections) override;
  void Update(int user, int mark) override;
  double AllCpuSeconds() const override;
  pid_t streams_pid() const override { return streams_->pid(); }

 private:
  const std::filesystem::path folder_;
  std::unique_ptr<Child> publisher_;
  std::unique_ptr<Child> streams_;
  std::string address_;
  std::unique_ptr<UpdateCaller> updates_;
  std::unique_ptr<Watchers> watchers_;
};

}  // namespace crosspoint::bench
