#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "common/grpcx/auth.h"
#include "common/grpcx/guard.h"
#include "common/log/log.h"
#include "common/tracing/tracing.h"

namespace crosspoint {

// What a service listens on and how it ends; key prefix "server".
struct ServerConfig {
  std::string address = "127.0.0.1";       // of all three ports; beyond loopback the main port needs a certificate
  int port = 9090;                         // gRPC; 0 takes a free one
  int health_port = 9091;                  // gRPC health, plain, because kubelet's probe speaks no TLS
  int http_port = 9092;                    // /metrics, /healthz, /livez
  std::filesystem::path certificate_file;  // PEM chain; read again when it changes, like the other two
  std::filesystem::path key_file;
  std::filesystem::path client_ca_file;             // callers must then show a certificate signed by it
  bool client_certificate_optional = false;         // or may: what is shown is verified
  bool reflection = true;                           // on the main port, v1alpha
  size_t max_metadata_bytes = 16u << 10;            // of headers of one call
  std::chrono::milliseconds drain_delay{0};         // not ready but serving, until load balancers have noticed
  std::chrono::milliseconds drain_timeout{20'000};  // for running calls to end, then they are cut
};

// The blocks that every service has beside its own.
struct CommonConfig {
  ServerConfig server;
  grpcx::AuthConfig auth;                    // "auth"
  grpcx::GuardConfig limits;                 // "limits"
  log::Level log_level = log::Level::kInfo;  // "log.level"
  tracing::ExportConfig tracing;             // "tracing"
};

// Binds all of them, with the rules between them.
void BindCommonConfig(config::Binder& binder, CommonConfig& config);

// Whether only this machine can reach the address: 127.x.x.x, ::1 or localhost.
bool IsLoopback(const std::string& address);

}  // namespace crosspoint
