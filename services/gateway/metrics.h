#pragma once

#include "common/grpcx/forward.h"
#include "common/metrics/metrics.h"
#include "gateway/app/session_hub.h"

namespace crosspoint::gateway {

// What the parts count by themselves, offered for reading. All must outlive the registry's last reading.
void OfferMetrics(metrics::Registry& registry, const SessionHub& hub, const CommandDesk& desk,
                  const grpcx::Forwarder& forwarder);

}  // namespace crosspoint::gateway
