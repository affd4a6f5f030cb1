#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace crosspoint {

// grpc.health.v1 on a plain port of its own: kubelet's probe speaks no TLS and shows no token. Begins as NOT_SERVING.
// Thread-safe.
class HealthPort {
 public:
  //   kUnavailable  cannot listen there
  static absl::StatusOr<std::unique_ptr<HealthPort>> Start(const std::string& address, int port);
  ~HealthPort();
  HealthPort(const HealthPort&) = delete;
  HealthPort& operator=(const HealthPort&) = delete;

  void SetServing(bool serving);
  int port() const;

 private:
  struct State;
  explicit HealthPort(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// "127.0.0.1:9091", "[::1]:9091".
std::string HostAndPort(const std::string& address, int port);

}  // namespace crosspoint
