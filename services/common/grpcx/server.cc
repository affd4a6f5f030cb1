#include "common/grpcx/server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>
#include <utility>

#include "common/grpcx/call_queue.h"
#include "common/grpcx/guard_state.h"
#include "common/status/status.h"

namespace crosspoint::grpcx {
namespace {

// Whether only this machine can reach `address`, host:port or unix:path. Names other than localhost are not resolved:
// what they mean may change.
bool IsLoopback(std::string_view address) {
  if (address.starts_with("unix:") || address.starts_with("unix-abstract:")) return true;
  std::string host(address.substr(0, address.rfind(':')));
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host == "localhost") return true;
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

constexpr std::chrono::milliseconds kQuickCalls{250};
constexpr std::chrono::milliseconds kAfterthought{30};  // for the answers to arrive and the next calls to be held
// How long a connection without calls may take to close: a client that does not read hears no goodbye.
constexpr std::chrono::seconds kGoodbye{2};
constexpr std::chrono::milliseconds kFarewell{50};  // for gRPC to tell all connections that the server goes

}  // namespace

struct RpcServer::State {
  Guard* guard = nullptr;
  std::unique_ptr<CallQueue> queue;  // outlives the server's calls: Shutdown waits for them
  std::unique_ptr<grpc::Server> server;
  int port = 0;
  std::once_flag shut_down;
};

RpcServer::RpcServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
RpcServer::~RpcServer() { Shutdown(std::chrono::milliseconds(0)); }

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::Start(const ServerOptions& options, Guard& guard,
                                                            const std::vector<GuardedService*>& services) {
  if (guard.state().auth_off() && !IsLoopback(options.address)) {
    return absl::InvalidArgumentError(fmt::format(
        "authentication is off, so only loopback or a unix socket may be listened on, not {}", options.address));
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto credentials, MakeServerCredentials(options.tls, options.client_certificate));
  // The plugin is process-wide and reads the registered services of each server built after this.
  if (options.reflection) grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  auto state = std::make_unique<State>();
  state->guard = &guard;
  builder.AddListeningPort(options.address, credentials, &state->port);
  for (auto* const service : services) builder.RegisterService(&service->service());
  auto queue = builder.AddCompletionQueue();
  // The Guard refuses what is a little too large with a reason; gRPC cuts off what is far too large.
  builder.SetMaxReceiveMessageSize(static_cast<int>(2 * options.max_request_bytes));
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, static_cast<int>(options.max_metadata_bytes));
  // Connections are asked to move on now and then, so that load spreads over replicas that came later.
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, 600'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 4'000);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // a second server on the port is a mistake, not a helper
  state->server = builder.BuildAndStart();
  if (state->server == nullptr) {
    queue->Shutdown();
    return absl::UnavailableError(fmt::format("cannot listen on {}", options.address));
  }
  // A little more threads than calls, so that streams move on and the surplus can still be refused with a reason.
  state->queue = std::make_unique<CallQueue>(std::move(queue), static_cast<size_t>(options.max_rpc_threads) + 8);
  for (auto* const service : services) service->Accept(*state->queue);
  if (options.address.starts_with("unix")) state->port = 0;
  return std::unique_ptr<RpcServer>(new RpcServer(std::move(state)));  // NOLINT: the constructor is private
}

int RpcServer::port() const { return state_->port; }

void RpcServer::Shutdown(std::chrono::milliseconds limit) {
  std::call_once(state_->shut_down, [&] {
    const auto end = std::chrono::system_clock::now() + limit;
    auto& guard = *state_->guard;
    guard.RefuseNewCalls();
    // Quick calls end here, so that nobody sends his next one into gRPC's shutdown; slow ones end below.
    const auto pause_end = std::min(end, std::chrono::system_clock::now() + kQuickCalls);
    while (guard.running_calls() > 0 && std::chrono::system_clock::now() < pause_end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    std::this_thread::sleep_for(std::min(limit, kAfterthought));
    guard.EndStreams();
    const std::jthread release([&guard, limit] {
      std::this_thread::sleep_for(std::min(limit, kFarewell));
      guard.ReleaseRefused();
    });
    const bool idle = guard.running_calls() == 0;
    state_->server->Shutdown(idle ? std::min(end, std::chrono::system_clock::now() + kGoodbye) : end);
    state_->server->Wait();
    state_->queue.reset();
    // gRPC is done with the streams, the handlers' callbacks may not be.
    while (guard.state().unended_streams() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  });
}

std::shared_ptr<grpc::Channel> RpcServer::InProcessChannel() {
  return state_->server->InProcessChannel(grpc::ChannelArguments());
}

}  // namespace crosspoint::grpcx
