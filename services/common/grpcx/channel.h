#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/grpcx/tls.h"

namespace grpc {
class Channel;
}

namespace crosspoint::config {
class Binder;
}

namespace crosspoint::grpcx {

// How one of our services reaches another; key prefix is the peer's name, e.g. "directory".
struct ChannelConfig {
  std::string target;  // "directory:9090", "dns:///…", "unix:/run/…"; several addresses are used in turn
  TlsFiles tls;
  std::string server_name;                     // that the certificate bears, when it is not the host in `target`
  std::chrono::milliseconds min_backoff{100};  // between attempts to connect
  std::chrono::milliseconds max_backoff{3'000};
  std::chrono::milliseconds keepalive{20'000};  // a silent connection is probed after this, also without calls
};

void BindConfig(config::Binder& binder, ChannelConfig& config);

// A channel to all replicas behind `target`, round robin. Connects when first used and again by itself.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const ChannelConfig& config);

}  // namespace crosspoint::grpcx
