#pragma once

#include <array>

#include "common/metrics/metrics.h"
#include "common/redis/observer.h"

namespace crosspoint {

// What a client of Redis does, as crosspoint_redis_commands_total{kind,code},
// crosspoint_redis_command_duration_seconds{kind} (kind: command or script), crosspoint_redis_connected,
// crosspoint_redis_connects_total and crosspoint_redis_disconnects_total. Once per registry, which must outlive it.
class RedisMetrics final : public RedisObserver {
 public:
  explicit RedisMetrics(metrics::Registry& registry);

  void OnCommand(std::string_view name, const absl::Status& status, std::chrono::nanoseconds duration) override;
  void OnConnected() override;
  void OnDisconnected(const absl::Status& why) override;

 private:
  struct Kind {
    std::array<metrics::Counter*, 17> by_code{};
    metrics::Histogram* duration = nullptr;
  };
  std::array<Kind, 2> kinds_;
  metrics::Gauge& connected_;
  metrics::Counter& connects_;
  metrics::Counter& disconnects_;
};

}  // namespace crosspoint
