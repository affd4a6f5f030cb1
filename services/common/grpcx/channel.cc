#include "common/grpcx/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include "common/config/binder.h"
#include "common/status/status.h"

namespace crosspoint::grpcx {

void BindConfig(config::Binder& binder, ChannelConfig& config) {
  using std::chrono::milliseconds;
  binder.Field("target", config.target)
      .File("certificate_file", config.tls.certificate_file)
      .SecretFile("key_file", config.tls.key_file)
      .File("ca_file", config.tls.ca_file)
      .Field("server_name", config.server_name)
      .Field("min_backoff", config.min_backoff, {milliseconds(10), milliseconds(60'000)})
      .Field("max_backoff", config.max_backoff, {milliseconds(10), milliseconds(600'000)})
      .Field("keepalive", config.keepalive, {milliseconds(5'000), milliseconds(600'000)})
      .Check("max_backoff",
             [&config] { return config.max_backoff < config.min_backoff ? "must not be less than min_backoff" : ""; });
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const ChannelConfig& config) {
  if (config.target.empty()) return absl::InvalidArgumentError("target: the address of the service is needed");
  CROSSPOINT_ASSIGN_OR_RETURN(const auto credentials, MakeChannelCredentials(config.tls));
  grpc::ChannelArguments args;
  args.SetLoadBalancingPolicyName("round_robin");
  args.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, static_cast<int>(config.min_backoff.count()));
  // In spite of its name this is how long one attempt may take, TLS included, before it is given up and repeated.
  args.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5'000);
  args.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, static_cast<int>(config.max_backoff.count()));
  args.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 1000);  // replicas move; the default is 30 s
  args.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(config.keepalive.count()));
  args.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  args.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  args.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  args.SetMaxReceiveMessageSize(16 << 20);
  if (!config.server_name.empty()) args.SetSslTargetNameOverride(config.server_name);
  return grpc::CreateCustomChannel(config.target, credentials, args);
}

}  // namespace crosspoint::grpcx
