#pragma once

#include "common/config/binder.h"
#include "common/grpcx/channel.h"
#include "common/grpcx/forward.h"
#include "common/redis/redis_config.h"
#include "gateway/app/live_session.h"

namespace crosspoint::gateway {

struct GatewayConfig {
  RedisConfig redis;
  // The services behind the gateway; one without `target` is not part of this installation.
  grpcx::ChannelConfig directory;
  grpcx::ChannelConfig presence;
  grpcx::ChannelConfig meeting_sync;
  grpcx::ChannelConfig voicemail;
  grpcx::ChannelConfig contact;
  grpcx::ForwardLimits forward;
  SessionSettings session;
  int channel_threads = 1;  // for what services tell
  int task_threads = 8;     // for timers and whatever waits for Redis
};

void BindConfig(config::Binder& binder, GatewayConfig& config);

}  // namespace crosspoint::gateway
