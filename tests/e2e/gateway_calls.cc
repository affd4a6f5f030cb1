#include "tests/e2e/gateway_calls.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "common/status/status.h"
#include "common/tracing/trace_context.h"

namespace crosspoint::e2e {

std::unique_ptr<gateway::GatewayService::Stub> Gateway(int replica) {
  return gateway::GatewayService::NewStub(TheStack().GatewayChannel(replica));
}

std::unique_ptr<grpc::ClientContext> Forever(const std::string& user_name) {
  auto context = TheStack().AsUser(user_name);
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(5));
  return context;
}

absl::Status SetState(const std::string& user, const std::string& state, const std::string& note) {
  presence::SetAvailabilityRequest request;
  request.set_user(user);
  request.set_state(state);
  request.set_note(note);
  presence::Presence answer;
  const auto stub = presence::PresenceService::NewStub(TheStack().GatewayChannel());
  const auto context = TheStack().AsUser(user);
  context->set_wait_for_ready(true);
  return Outcome(stub->SetAvailability(context.get(), request, &answer));
}

bool Tells(const gateway::SessionEvent& event, const std::string& user, const std::string& state) {
  if (!event.has_channel_event() || event.channel_event().channel() != gateway::CHANNEL_PRESENCE) return false;
  presence::WatchPresenceResponse told;
  if (!told.ParseFromString(event.channel_event().payload())) return false;
  for (const auto& one : told.presences()) {
    if (one.user() == user && one.availability().state() == state) return true;
  }
  return false;
}

std::string ResumeToken(const GatewayProgram& program) {
  std::string token;
  for (const auto& event : program.events()) {
    presence::WatchPresenceResponse told;
    if (event.channel_event().channel() == gateway::CHANNEL_PRESENCE &&
        told.ParseFromString(event.channel_event().payload()) && !told.resume_token().empty()) {
      token = told.resume_token();
    }
  }
  return token;
}

std::string Order(const std::string& user, gateway::CommandKind kind, const std::string& target,
                  const std::string& request_id, const std::string& device, int replica) {
  gateway::DispatchCommandRequest request;
  request.set_user(user);
  request.set_kind(kind);
  request.set_target(target);
  request.set_device(device);
  request.set_request_id(request_id.empty() ? NewRequestId() : request_id);
  gateway::CommandOutcome outcome;
  const auto context = TheStack().AsUser(user);
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  const auto stub = gateway::CommandService::NewStub(TheStack().GatewayChannel(replica));
  const auto status = Outcome(stub->DispatchCommand(context.get(), request, &outcome));
  if (status.ok()) return gateway::Outcome_Name(outcome.outcome()).substr(std::string("OUTCOME_").size());
  const auto info = GetErrorInfo(status);
  return absl::StatusCodeToString(status.code()) + (info ? " " + info->reason : "");
}

std::string NewRequestId() { return tracing::NewRequestId(); }

}  // namespace crosspoint::e2e
