#include "common/app/health_port.h"

#include <fmt/format.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>

namespace crosspoint {

struct HealthPort::State {
  std::unique_ptr<grpc::Server> server;
  int port = 0;
};

std::string HostAndPort(const std::string& address, int port) {
  const bool bare_v6 = address.find(':') != std::string::npos && address.front() != '[';
  return bare_v6 ? fmt::format("[{}]:{}", address, port) : fmt::format("{}:{}", address, port);
}

absl::StatusOr<std::unique_ptr<HealthPort>> HealthPort::Start(const std::string& address, int port) {
  auto state = std::make_unique<State>();
  grpc::ServerBuilder builder;
  grpc::ResourceQuota quota("health");
  quota.SetMaxThreads(4).Resize(1 << 20);
  builder.SetResourceQuota(quota);
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
  builder.SetMaxReceiveMessageSize(4096);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddListeningPort(HostAndPort(address, port), grpc::InsecureServerCredentials(), &state->port);
  // gRPC adds its health service to every server started while this is set; the main port is to have none.
  grpc::EnableDefaultHealthCheckService(true);
  state->server = builder.BuildAndStart();
  grpc::EnableDefaultHealthCheckService(false);
  if (state->server == nullptr || state->port == 0) {
    return absl::UnavailableError(fmt::format("cannot listen on {}", HostAndPort(address, port)));
  }
  auto health = std::unique_ptr<HealthPort>(new HealthPort(std::move(state)));
  health->SetServing(false);
  return health;
}

HealthPort::HealthPort(std::unique_ptr<State> state) : state_(std::move(state)) {}

HealthPort::~HealthPort() {
  // Watchers have been told NOT_SERVING; nobody has to wait for their streams.
  state_->server->Shutdown(std::chrono::system_clock::now());
  state_->server->Wait();
}

void HealthPort::SetServing(bool serving) { state_->server->GetHealthCheckService()->SetServingStatus(serving); }
int HealthPort::port() const { return state_->port; }

}  // namespace crosspoint
