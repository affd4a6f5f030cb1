#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/grpcx/guard.h"
#include "common/grpcx/methods.h"

namespace grpc {
class Service;
}

namespace crosspoint::grpcx {

class CallQueue;
class Forwarder;

// A gRPC service whose every method passes the Guard first; the only kind App::Serve takes. Lists itself under the
// proto's name, so reflection finds it. `guard` and the handler must outlive it, it must outlive the server.
class GuardedService {
 public:
  // `full_name` as in "crosspoint.presence.v1.PresenceService"; a name, method or type that is not in the linked protos
  // or a method without policy is a bug and stops the process.
  GuardedService(std::string_view full_name, const Methods& methods, Guard& guard);
  // A service of another process: its methods pass this Guard, except that resources are left to the process itself,
  // and are forwarded to `backend` (empty: to the one that the header crosspoint-service names). Methods for services
  // alone are refused. `forwarder` must outlive it.
  GuardedService(std::string_view full_name, Forwarder& forwarder, std::string backend, Guard& guard);
  ~GuardedService();
  GuardedService(const GuardedService&) = delete;
  GuardedService& operator=(const GuardedService&) = delete;

  const std::string& full_name() const;

 private:
  friend class RpcServer;
  grpc::Service& service();
  // Takes calls from now on; once, after the server has started.
  void Accept(CallQueue& queue);

  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Makes a handler into a service: auto presence = MakeGuarded<v1::PresenceService>(handler, guard);
template <class Api, class Handler>
std::unique_ptr<GuardedService> MakeGuarded(Handler& handler, Guard& guard) {
  Methods methods;
  handler.Bind(methods);
  return std::make_unique<GuardedService>(Api::service_full_name(), methods, guard);
}

}  // namespace crosspoint::grpcx
