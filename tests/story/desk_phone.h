#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace grpc {
class Channel;
class ClientContext;
}  // namespace grpc

namespace crosspoint::story {

// A desk phone that is connected to the gateway and does what it is told: it calls whom it shall and says that it did.
// Thread-safe.
class DeskPhone {
 public:
  DeskPhone(const std::shared_ptr<grpc::Channel>& channel, std::unique_ptr<grpc::ClientContext> context,
            std::string device);
  ~DeskPhone();

  // The session's name, once the gateway has welcomed the phone.
  std::optional<std::string> WaitWelcome(std::chrono::milliseconds limit);
  // The number it was last told to call.
  std::optional<std::string> WaitCalled(std::chrono::milliseconds limit);
  // Why the session ended; empty while it stands.
  std::string ended() const;

 private:
  void Run(const std::shared_ptr<grpc::Channel>& channel, const std::string& device);

  std::unique_ptr<grpc::ClientContext> context_;
  mutable std::mutex mu_;
  std::condition_variable news_;
  std::optional<std::string> session_;  // guarded by mu_
  std::optional<std::string> called_;   // guarded by mu_
  std::string ended_;                   // guarded by mu_
  std::thread runner_;
};

}  // namespace crosspoint::story
