#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "common/clock/clock.h"
#include "tests/story/system.h"

namespace grpc {
class Channel;
class ClientContext;
}  // namespace grpc

namespace crosspoint::story {

// What the chapters of the story share: the running system, the gateway's port that all of it is told through, the
// people, and the voice that tells it.
class Stage {
 public:
  static constexpr char kTenant[] = "tenants/default";

  explicit Stage(System& system) : system_(system) {}

  struct Person {
    std::string name;  // tenants/default/users/…
    std::string email;
    std::string display_name;
    std::string extension;

    std::string id() const { return name.substr(name.rfind('/') + 1); }
  };

  System& system() { return system_; }
  // As client programs come: over TLS, without a certificate. From the system's start on.
  const std::shared_ptr<grpc::Channel>& gateway();

  // A call's context with the token of a user, or of somebody with `roles`.
  std::unique_ptr<grpc::ClientContext> As(const Person& person) const;
  std::unique_ptr<grpc::ClientContext> As(const std::string& id, std::vector<std::string> roles) const;

  // Prints the title, runs `step`, prints its findings, its time and what went wrong. False when it failed.
  bool Step(const std::string& title, const std::function<absl::Status()>& step);
  void Say(const std::string& finding);

  Person anna;   // the person the story is about
  Person other;  // a colleague

 private:
  System& system_;
  std::shared_ptr<grpc::Channel> gateway_;  // shared with its stubs
  int step_ = 0;
};

TimePoint Now();
double Millis(std::chrono::nanoseconds time);
std::string LocalTime(TimePoint time);
// Milliseconds since `start`, as text.
std::string Since(TimePoint start);

}  // namespace crosspoint::story
