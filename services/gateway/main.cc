#include <map>
#include <memory>
#include <string>

#include "common/app/app.h"
#include "common/app/redis_part.h"
#include "common/app/redis_readiness.h"
#include "common/grpcx/channel.h"
#include "common/grpcx/forward.h"
#include "common/grpcx/guarded_service.h"
#include "common/status/status.h"
#include "gateway/api/public_services.h"
#include "gateway/config.h"

namespace {

using namespace crosspoint;
using namespace crosspoint::gateway;

using Channels = std::map<std::string, std::shared_ptr<grpc::Channel>>;

// To the services behind; null for those this installation has not.
absl::StatusOr<Channels> MakeChannels(const GatewayConfig& config) {
  const std::map<std::string, const grpcx::ChannelConfig*> configs = {{"directory", &config.directory},
                                                                      {"presence", &config.presence},
                                                                      {"meeting-sync", &config.meeting_sync},
                                                                      {"voicemail", &config.voicemail},
                                                                      {"contact", &config.contact}};
  Channels channels;
  for (const auto& [name, channel] : configs) {
    channels[name] = nullptr;
    if (channel->target.empty()) continue;
    auto made = grpcx::MakeChannel(*channel);
    if (!made.ok()) return Annotate(made.status(), name);
    channels[name] = *std::move(made);
  }
  return channels;
}

absl::Status Setup(App& app) {
  auto& config = app.Make<GatewayConfig>();
  CROSSPOINT_RETURN_IF_ERROR(app.LoadConfig(config));
  auto& redis = MakeRedis(app, config.redis);
  CROSSPOINT_RETURN_IF_ERROR(RequireDurableRedis(app, redis));

  CROSSPOINT_ASSIGN_OR_RETURN(const auto channels, MakeChannels(config));
  auto& forwarder = app.Make<grpcx::Forwarder>(channels, config.forward, nullptr);
  for (const auto& service : PublicServices()) {
    app.Serve(app.Make<grpcx::GuardedService>(service.full_name, forwarder, service.backend, app.guard()));
  }
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) { return crosspoint::RunMain("gateway", argc, argv, Setup); }
