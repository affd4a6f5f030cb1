#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ctl/client/interrupt.h"
#include "ctl/client/settings.h"
#include "ctl/output/output.h"

namespace grpc {
class Channel;
class ClientContext;
class Status;
}  // namespace grpc

namespace crosspoint::ctl {

// One run of the program against one server: the channel, the credentials, the names that need not be typed. Used by
// one thread, except Interrupt's functions.
class Session {
 public:
  // Connects when first used.
  //   kInvalidArgument (usage)  files that cannot be read, or that fit no TLS
  static absl::StatusOr<std::unique_ptr<Session>> Open(Settings settings, Output& output, Interrupt& interrupt);

  const Settings& settings() const { return settings_; }
  Output& out() { return output_; }
  Interrupt& interrupt() { return interrupt_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  // For one call: the token, read again each time, and a deadline from the settings or at least `at_least`.
  std::unique_ptr<grpc::ClientContext> Call(std::chrono::milliseconds at_least = {}) const;
  // For a stream that lasts until it is cancelled.
  std::unique_ptr<grpc::ClientContext> Stream() const;
  // What a call ended with.
  absl::Status Outcome(const grpc::Status& status) const;

  // "tenants/acme"; usage error when neither settings nor token say.
  absl::StatusOr<std::string> Tenant() const;
  // "tenants/acme/users/u42" for a full name, an id, or an e-mail address, which the directory is asked for; `who`
  // empty means --user or the token's bearer.
  absl::StatusOr<std::string> User(const std::string& who);
  // "{user}/{collection}/{id}" for an id of the bearer's, or a full name as it is.
  absl::StatusOr<std::string> Resource(const std::string& text, const std::string& collection);

 private:
  Session(Settings settings, Output& output, Interrupt& interrupt);
  absl::StatusOr<std::string> UserByAddress(const std::string& address);
  // For tokens of systems: they may list users and not search people.
  absl::StatusOr<std::string> ListedUser(const std::string& tenant, const std::string& address);
  std::string Token() const;

  Settings settings_;
  Output& output_;
  Interrupt& interrupt_;
  std::shared_ptr<grpc::Channel> channel_;  // shared with its stubs
};

}  // namespace crosspoint::ctl
