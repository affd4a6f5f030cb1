#include "common/zmq/bus_metrics.h"

#include <algorithm>
#include <string>
#include <utility>

namespace crosspoint {
namespace {

struct Metric {
  std::string_view name;
  std::string_view help;
  uint64_t BusStats::*value;
};

constexpr Metric kCounters[] = {
    {"frames_published_total", "Changes handed to the bus", &BusStats::published},
    {"frames_dropped_total", "Frames lost to a full queue of this process or too large", &BusStats::dropped},
    {"frames_received_total", "Frames from peers", &BusStats::received},
    {"changes_applied_total", "Changes applied in order", &BusStats::applied},
    {"duplicates_total", "Frames that were known already", &BusStats::duplicates},
    {"gaps_total", "Holes found by a later frame or a heartbeat", &BusStats::gaps},
    {"resyncs_total", "Shards replaced by a snapshot", &BusStats::resyncs},
    {"fetch_failures_total", "Snapshot reads that failed", &BusStats::fetch_failures},
    {"malformed_total", "Messages that could not be read", &BusStats::malformed},
    {"heartbeats_sent_total", "Heartbeats sent", &BusStats::heartbeats_sent},
    {"refused_clients_total", "Handshakes with a key that no peer registered", &BusStats::refused_clients},
};

constexpr Metric kGauges[] = {
    {"peers", "Peers connected to", &BusStats::peers},
    {"synced_shards", "Shards that are followed; 256 when complete", &BusStats::synced_shards},
};

}  // namespace

void AddBusMetrics(metrics::Registry& registry, std::string_view service, const BusNode& node) {
  const std::string prefix = "crosspoint_" + std::string(service) + "_bus_";
  const auto reader = [&node](uint64_t BusStats::*value) {
    return [&node, value] { return static_cast<double>(node.Stats().*value); };
  };
  for (const auto& [name, help, value] : kCounters) {
    registry.AddReadCounter(prefix + std::string(name), help, reader(value));
  }
  for (const auto& [name, help, value] : kGauges) {
    registry.AddReadGauge(prefix + std::string(name), help, reader(value));
  }
}

TimedBusListener::TimedBusListener(BusListener& listener, metrics::Registry& registry, std::string_view service,
                                   const Clock& clock)
    : listener_(listener),
      clock_(clock),
      delay_(registry.AddHistogram("crosspoint_" + std::string(service) + "_bus_delay_seconds",
                                   "From the publishing of a change to its arrival at this replica",
                                   {0.001, 0.005, 0.02, 0.1, 0.5, 2, 10})) {}

void TimedBusListener::OnResync(ShardSnapshot snapshot) { listener_.OnResync(std::move(snapshot)); }

void TimedBusListener::OnChange(const BusFrame& frame) {
  if (frame.publish_time != TimePoint{}) {
    delay_.Observe(std::max(0.0, std::chrono::duration<double>(clock_.Now() - frame.publish_time).count()));
  }
  listener_.OnChange(frame);
}

}  // namespace crosspoint
