#pragma once

#include "common/metrics/metrics.h"

namespace crosspoint {

class OutboxWorker;

// Adds crosspoint_outbox_* for `worker`, which must outlive the registry's last exposition. Once per registry.
void AddOutboxMetrics(metrics::Registry& registry, const OutboxWorker& worker);

}  // namespace crosspoint
