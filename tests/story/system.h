#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace grpc {
class Channel;
}

namespace crosspoint::ews {
class EwsClient;
}

namespace crosspoint::testing {
class Credentials;
}

namespace crosspoint::story {

// The system the story is told on: started here (StackSystem), or running already in containers (RemoteSystem).
class System {
 public:
  virtual ~System() = default;

  // Returns when all of it is ready: a line to tell about each part.
  virtual absl::StatusOr<std::vector<std::string>> Start() = 0;

  // The rest is for after Start.

  // A new channel as client programs come: over TLS, without a certificate.
  virtual std::shared_ptr<grpc::Channel> Gateway() = 0;
  // To each replica of presence by itself, behind the gateway's hop.
  virtual std::vector<std::shared_ptr<grpc::Channel>> Presence() = 0;
  virtual const testing::Credentials& credentials() const = 0;
  // Exchange, logged in as the service account that may impersonate everybody.
  virtual ews::EwsClient& mailboxes() = 0;
  // The side channel of the Exchange simulator: the body of its answer. `json` empty: only asks.
  virtual absl::StatusOr<std::string> Exchange(std::string_view path, std::string_view json) = 0;
};

}  // namespace crosspoint::story
