#pragma once

#include "connectors/ews/client.h"

namespace crosspoint::metrics {
class Registry;
}

namespace crosspoint::ews {

// Counts and times every exchange as crosspoint_ews_request_duration_seconds{operation,result}. Once per registry; the
// observer may be copied into any number of clients, the registry must outlive them.
EwsObserver MetricsObserver(metrics::Registry& registry);

}  // namespace crosspoint::ews
