#include "common/app/redis_server_metrics.h"

#include <charconv>

namespace crosspoint {
namespace {

// The value in a line "name:value" of INFO; empty when there is none.
std::string_view Fact(std::string_view info, std::string_view name) {
  while (!info.empty()) {
    auto line = info.substr(0, info.find('\n'));
    info.remove_prefix(std::min(info.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == ':') {
      return line.substr(name.size() + 1);
    }
  }
  return {};
}

void SetNumber(metrics::Gauge& gauge, std::string_view text) {
  int64_t value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc()) {
    gauge.Set(static_cast<double>(value));
  }
}

}  // namespace

RedisServerMetrics::RedisServerMetrics(metrics::Registry& registry)
    : memory_used_(registry.AddGauge("crosspoint_redis_server_memory_used_bytes", "Memory that Redis has allocated")),
      memory_limit_(registry.AddGauge("crosspoint_redis_server_memory_limit_bytes",
                                      "Its maxmemory; at the limit it refuses writes. 0: none is set")),
      aof_size_(registry.AddGauge("crosspoint_redis_server_aof_size_bytes", "Size of its append-only file")),
      aof_failing_(registry.AddGauge("crosspoint_redis_server_aof_failing",
                                     "1 while it cannot write its append-only file, e.g. for want of disk")),
      clients_(registry.AddGauge("crosspoint_redis_server_clients", "Connections to it, of all services")),
      uptime_(registry.AddGauge("crosspoint_redis_server_uptime_seconds", "Since it was started")) {}

void RedisServerMetrics::Update(std::string_view info) {
  SetNumber(memory_used_, Fact(info, "used_memory"));
  SetNumber(memory_limit_, Fact(info, "maxmemory"));
  SetNumber(aof_size_, Fact(info, "aof_current_size"));
  SetNumber(clients_, Fact(info, "connected_clients"));
  SetNumber(uptime_, Fact(info, "uptime_in_seconds"));
  if (const auto status = Fact(info, "aof_last_write_status"); !status.empty()) aof_failing_.Set(status != "ok");
}

}  // namespace crosspoint
