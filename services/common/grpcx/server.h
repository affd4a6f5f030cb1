#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/grpcx/guarded_service.h"
#include "common/grpcx/tls.h"

namespace grpc {
class Channel;
}

namespace crosspoint::grpcx {

struct ServerOptions {
  std::string address = "127.0.0.1:0";  // host:port or unix:path; port 0 takes a free one
  TlsFiles tls;
  ClientCertificate client_certificate = ClientCertificate::kRequired;  // where tls has a CA
  int max_rpc_threads = 64;
  size_t max_request_bytes = 4u << 20;
  size_t max_metadata_bytes = 16u << 10;
  bool reflection = true;
};

// The main gRPC port of a service. Start it last and stop it first.
class RpcServer {
 public:
  // `services` and `guard` must outlive the server.
  //   kInvalidArgument  unusable TLS files, or authentication is off and `address` is not loopback
  //   kUnavailable      cannot listen there
  static absl::StatusOr<std::unique_ptr<RpcServer>> Start(const ServerOptions& options, Guard& guard,
                                                          const std::vector<GuardedService*>& services);
  ~RpcServer();
  RpcServer(const RpcServer&) = delete;
  RpcServer& operator=(const RpcServer&) = delete;

  // That it listens on; 0 for a unix socket.
  int port() const;
  // Takes no new calls, ends streams, lets running calls end until `limit` has passed, then cancels them. Once.
  void Shutdown(std::chrono::milliseconds limit);
  // A channel that never touches the network, for tests. Bears no certificate.
  std::shared_ptr<grpc::Channel> InProcessChannel();

 private:
  struct State;
  explicit RpcServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace crosspoint::grpcx
