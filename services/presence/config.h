#pragma once

#include "common/config/binder.h"
#include "common/grpcx/channel.h"
#include "common/redis/redis_config.h"
#include "common/zmq/bus_config.h"
#include "presence/app/edge_timers.h"
#include "presence/app/ports.h"

namespace crosspoint::presence {

struct PresenceConfig {
  RedisConfig redis;
  grpcx::ChannelConfig directory;
  BusConfig bus;
  EdgeConfig edges;
  SignalLeases leases;
  std::chrono::milliseconds schedule_period{5000};  // how often schedules that are to be planned are looked for
};

void BindConfig(config::Binder& binder, PresenceConfig& config);

}  // namespace crosspoint::presence
