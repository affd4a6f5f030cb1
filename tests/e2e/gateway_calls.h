#pragma once

#include <future>
#include <memory>
#include <string>

#include "crosspoint/gateway/v1/command_service.grpc.pb.h"
#include "crosspoint/gateway/v1/gateway_service.grpc.pb.h"
#include "tests/e2e/running_system.h"
#include "tests/support/gateway_program/gateway_program.h"

namespace crosspoint::e2e {

namespace gateway = ::crosspoint::gateway::v1;
using testing::GatewayProgram;

std::unique_ptr<gateway::GatewayService::Stub> Gateway(int replica = 0);

// A call's context of a user without deadline.
std::unique_ptr<grpc::ClientContext> Forever(const std::string& user_name);

// The caller's own word, through the gateway.
absl::Status SetState(const std::string& user, const std::string& state, const std::string& note = "");

// Whether the event tells on the presence channel that `user` is `state`.
bool Tells(const gateway::SessionEvent& event, const std::string& user, const std::string& state);
// Of the last presence payload the program was told.
std::string ResumeToken(const GatewayProgram& program);

// Gives a command to a program of `user` and waits: "DONE", "NO_PROGRAM", or the error as "INVALID_ARGUMENT
// REQUEST_ID_REUSED".
std::string Order(const std::string& user, gateway::CommandKind kind, const std::string& target,
                  const std::string& request_id = "", const std::string& device = "", int replica = 0);
std::string NewRequestId();

}  // namespace crosspoint::e2e
