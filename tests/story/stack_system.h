#pragma once

#include "tests/story/system.h"
#include "tests/support/stack/stack.h"

namespace crosspoint::story {

// A stack of processes on loopback. Does not own it.
class StackSystem : public System {
 public:
  explicit StackSystem(testing::Stack& stack) : stack_(stack) {}

  absl::StatusOr<std::vector<std::string>> Start() override;
  std::shared_ptr<grpc::Channel> Gateway() override { return stack_.GatewayChannel(); }
  std::vector<std::shared_ptr<grpc::Channel>> Presence() override;
  const testing::Credentials& credentials() const override { return stack_.credentials(); }
  ews::EwsClient& mailboxes() override { return stack_.mailboxes(); }
  absl::StatusOr<std::string> Exchange(std::string_view path, std::string_view json) override;

 private:
  testing::Stack& stack_;
};

}  // namespace crosspoint::story
