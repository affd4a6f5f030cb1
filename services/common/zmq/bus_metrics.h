#pragma once

#include <string_view>

#include "common/metrics/metrics.h"
#include "common/zmq/bus_node.h"

namespace crosspoint {

// Adds crosspoint_<service>_bus_* for `node`, which must outlive the registry's last exposition. One node per service:
// a second would clash by name.
void AddBusMetrics(metrics::Registry& registry, std::string_view service, const BusNode& node);

}  // namespace crosspoint
