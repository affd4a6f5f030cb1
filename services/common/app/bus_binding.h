#pragma once

#include "common/config/binder.h"
#include "common/zmq/bus_config.h"

namespace crosspoint::config {

// The keys of a node of the event bus: binder.Block("bus", config.bus).
inline void BindConfig(Binder& binder, BusConfig& bus) {
  using namespace std::chrono_literals;
  binder.Field("bind", bus.bind)
      .Field("advertise_host", bus.advertise_host)
      .SecretFile("curve_secret_file", bus.curve_secret_file)
      .Field("heartbeat", bus.heartbeat, {10ms, 10s})
      .Field("lease", bus.lease, {100ms, 1min})
      .Field("peer_poll", bus.peer_poll, {10ms, 1min})
      .Field("hold", bus.hold, {0ms, 5s})
      .Field("high_water_mark", bus.high_water_mark, {1, 10'000'000})
      .Field("max_queued_frames", bus.max_queued_frames, {1, 10'000'000})
      .Field("max_held_frames_per_shard", bus.max_held_frames_per_shard, {1, 1'000'000})
      .Field("max_held_bytes", bus.max_held_bytes, {4096, size_t{1} << 32})
      .Field("max_shards_per_fetch", bus.max_shards_per_fetch, {1, 256})
      .Check("lease", [&bus] { return bus.lease > bus.peer_poll ? "" : "must be longer than peer_poll"; });
}

}  // namespace crosspoint::config
