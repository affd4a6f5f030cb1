#include "common/app/server_config.h"

#include "common/config/binder.h"

namespace crosspoint {
namespace {

using namespace std::chrono_literals;

void BindServer(config::Binder& binder, ServerConfig& server) {
  binder.Field("server.address", server.address)
      .Field("server.port", server.port, {0, 65535})
      .Field("server.health_port", server.health_port, {0, 65535})
      .Field("server.http_port", server.http_port, {0, 65535})
      .File("server.certificate_file", server.certificate_file)
      .File("server.key_file", server.key_file)
      .File("server.client_ca_file", server.client_ca_file)
      .Field("server.client_certificate_optional", server.client_certificate_optional)
      .Field("server.reflection", server.reflection)
      .Field("server.max_metadata_bytes", server.max_metadata_bytes, {1024, 1 << 20})
      .Field("server.drain_delay", server.drain_delay, {0s, 5min})
      .Field("server.drain_timeout", server.drain_timeout, {0s, 1h})
      .Check("server.address",
             [&server] { return server.address.empty() ? "must be an address such as 127.0.0.1 or 0.0.0.0" : ""; })
      .Check("server.key_file",
             [&server] {
               return server.certificate_file.empty() == server.key_file.empty()
                          ? ""
                          : "goes with server.certificate_file: both or neither";
             })
      .Check("server.client_ca_file", [&server] {
        return server.client_ca_file.empty() || !server.certificate_file.empty() ? ""
                                                                                 : "needs server.certificate_file too";
      });
}

void BindLimits(config::Binder& binder, grpcx::GuardConfig& limits) {
  binder.Field("limits.default_deadline", limits.default_deadline, {10ms, 10min})
      .Field("limits.max_deadline", limits.max_deadline, {10ms, 1h})
      .Field("limits.max_request_bytes", limits.max_request_bytes, {1024, 64 << 20})
      .Field("limits.max_rpc_threads", limits.max_unary_calls, {4, 1024})
      .Field("limits.max_waiting_calls", limits.max_waiting_calls, {1, 1024})
      .Field("limits.max_waiting_per_tenant", limits.max_waiting_per_tenant, {1, 1024})
      .Field("limits.max_streams", limits.max_streams, {1, 1'000'000})
      .Field("limits.stream_threads", limits.stream_threads, {1, 64})
      .Field("limits.stream_queue_messages", limits.stream_queue_messages, {1, 65'536})
      .Field("limits.stream_queue_bytes", limits.stream_queue_bytes, {1024, 64 << 20})
      .Field("limits.reader_silence", limits.reader_silence, {1s, 1h})
      .Field("limits.first_message_timeout", limits.first_message_timeout, {1s, 1h});
}

bool IsUrl(const std::string& text) { return text.starts_with("http://") || text.starts_with("https://"); }

}  // namespace

bool IsLoopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1" || address == "[::1]" || address == "localhost";
}

void BindCommonConfig(config::Binder& binder, CommonConfig& config) {
  BindServer(binder, config.server);
  binder.Block("auth", config.auth);
  BindLimits(binder, config.limits);
  binder
      .Choice("log.level", config.log_level,
              {{"debug", log::Level::kDebug},
               {"info", log::Level::kInfo},
               {"warn", log::Level::kWarn},
               {"error", log::Level::kError}})
      .Field("tracing.endpoint", config.tracing.endpoint)
      .Field("tracing.sample_ratio", config.tracing.sample_ratio, {0, 1})
      .Check("tracing.endpoint",
             [&config] {
               return config.tracing.endpoint.empty() || IsUrl(config.tracing.endpoint)
                          ? ""
                          : "must be an http or https URL such as http://collector:4318/v1/traces";
             })
      .Check("auth.off",
             [&config] {
               return !config.auth.off || IsLoopback(config.server.address)
                          ? ""
                          : "is for loopback only; set server.address to 127.0.0.1";
             })
      .Check("server.certificate_file", [&config] {
        return !config.server.certificate_file.empty() || IsLoopback(config.server.address)
                   ? ""
                   : "is required, with server.key_file, when server.address is not loopback";
      });
}

}  // namespace crosspoint
