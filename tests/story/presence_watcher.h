#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/clock/clock.h"

namespace grpc {
class Channel;
class ClientContext;
}  // namespace grpc

namespace crosspoint::story {

// One WatchPresence stream and what came over it. Thread-safe.
class PresenceWatcher {
 public:
  struct Seen {
    std::string user;
    std::string state;
    std::string color;
    TimePoint at;  // when it arrived here
  };

  PresenceWatcher(const std::shared_ptr<grpc::Channel>& channel, std::unique_ptr<grpc::ClientContext> context,
                  std::vector<std::string> users);
  ~PresenceWatcher();

  // The first state of `user` equal to `state` after the first `skip` messages about anybody; nullopt when it does not
  // come in time.
  std::optional<Seen> WaitFor(const std::string& user, const std::string& state, size_t skip,
                              std::chrono::milliseconds limit);
  // How much has come so far.
  size_t count() const;
  std::vector<Seen> seen() const;
  bool ended() const;

 private:
  void Read(const std::shared_ptr<grpc::Channel>& channel, const std::vector<std::string>& users);

  std::unique_ptr<grpc::ClientContext> context_;
  mutable std::mutex mu_;
  std::condition_variable news_;
  std::vector<Seen> seen_;  // guarded by mu_
  bool ended_ = false;      // guarded by mu_
  std::thread reader_;
};

}  // namespace crosspoint::story
