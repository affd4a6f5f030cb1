#pragma once

#include <string_view>

#include "common/clock/clock.h"
#include "common/metrics/metrics.h"
#include "common/zmq/bus_node.h"
#include "common/zmq/ports.h"

namespace crosspoint {

// Adds crosspoint_<service>_bus_* for `node`, which must outlive the registry's last exposition. One node per service:
// a second would clash by name.
void AddBusMetrics(metrics::Registry& registry, std::string_view service, const BusNode& node);

// Times how long changes were on their way, as crosspoint_<service>_bus_delay_seconds, and hands all on. Clocks of two
// machines are compared; what seems to arrive before it was sent counts as 0.
class TimedBusListener final : public BusListener {
 public:
  // `listener`, `clock` and the registry must outlive it.
  TimedBusListener(BusListener& listener, metrics::Registry& registry, std::string_view service, const Clock& clock);
  void OnResync(ShardSnapshot snapshot) override;
  void OnChange(const BusFrame& frame) override;
  void OnCurrent(bool current) override { listener_.OnCurrent(current); }

 private:
  BusListener& listener_;
  const Clock& clock_;
  metrics::Histogram& delay_;
};

}  // namespace crosspoint
