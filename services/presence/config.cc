#include "presence/config.h"

#include "common/app/redis_binding.h"

namespace crosspoint::presence {

void BindConfig(config::Binder& binder, PresenceConfig& config) {
  using namespace std::chrono_literals;
  binder.Block("redis", config.redis)
      .Block("bus", config.bus)
      .Block("directory", config.directory)
      .Field("edges.recheck", config.edges.recheck, {100ms, 5s})
      .Field("edges.retry", config.edges.retry, {10ms, 5s})
      .Field("edges.max_in_flight", config.edges.max_in_flight, {1, 10'000})
      .Field("schedules.period", config.schedule_period, {100ms, 10min})
      .Field("line_lease", config.leases.line, {1s, 1h})
      .Field("im_lease", config.leases.im, {1s, 24h});
}

}  // namespace crosspoint::presence
