#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "common/clock/clock.h"

namespace grpc {
class Channel;
class ClientContext;
}  // namespace grpc

namespace crosspoint::story {

// One WatchMailbox stream: how many messages a telephone would show as new, and whether its lamp is lit. Thread-safe.
class MailboxWatcher {
 public:
  MailboxWatcher(const std::shared_ptr<grpc::Channel>& channel, std::unique_ptr<grpc::ClientContext> context,
                 std::string user);
  ~MailboxWatcher();

  // When the lamp was seen `lit` with `new_messages`; nullopt when that does not come in time.
  std::optional<TimePoint> WaitFor(bool lit, int new_messages, std::chrono::milliseconds limit);

 private:
  void Read(const std::shared_ptr<grpc::Channel>& channel, const std::string& user);

  std::unique_ptr<grpc::ClientContext> context_;
  std::mutex mu_;
  std::condition_variable news_;
  bool known_ = false;  // guarded by mu_
  bool lit_ = false;    // guarded by mu_
  int messages_ = 0;    // guarded by mu_
  TimePoint at_;        // guarded by mu_; when the last answer came
  bool ended_ = false;  // guarded by mu_
  std::thread reader_;
};

}  // namespace crosspoint::story
