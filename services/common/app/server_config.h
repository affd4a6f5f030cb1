#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "common/log/log.h"
#include "common/tracing/tracing.h"

namespace crosspoint {

namespace config {
class Binder;
}

// What every service listens on and how it ends; key prefix "server".
struct ServerConfig {
  std::string address = "0.0.0.0";         // of all three ports; loopback when authentication is off
  int port = 9090;                         // gRPC
  int health_port = 9091;                  // gRPC health, plain: kubelet's probe speaks no TLS
  int http_port = 9092;                    // /metrics, /healthz, /livez
  std::filesystem::path certificate_file;  // PEM chain; with the key file it turns TLS on. Reread when the file changes
  std::filesystem::path key_file;
  std::filesystem::path client_ca_file;  // callers must then show a certificate signed by it
  int max_rpc_threads = 64;              // calls beyond this are refused with RESOURCE_EXHAUSTED
  int max_message_bytes = 4 << 20;
  bool reflection = true;
  std::chrono::milliseconds drain_delay{0};  // not ready but still serving: the time load balancers need to notice
  std::chrono::milliseconds drain_timeout{20'000};  // then running calls are cut
};

}  // namespace crosspoint
