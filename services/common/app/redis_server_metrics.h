#pragma once

#include <string_view>

#include "common/metrics/metrics.h"

namespace crosspoint {

// What Redis says about itself, as crosspoint_redis_server_*. Every service that uses the same Redis tells the same.
// Once per registry, which must outlive it.
class RedisServerMetrics {
 public:
  explicit RedisServerMetrics(metrics::Registry& registry);

  // `info`: an answer of INFO. What it does not tell stays as it was.
  void Update(std::string_view info);

 private:
  metrics::Gauge& memory_used_;
  metrics::Gauge& memory_limit_;
  metrics::Gauge& aof_size_;
  metrics::Gauge& aof_failing_;
  metrics::Gauge& clients_;
  metrics::Gauge& uptime_;
};

}  // namespace crosspoint
