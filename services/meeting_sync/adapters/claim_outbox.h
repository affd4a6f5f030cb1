#pragma once

#include <string>

#include "common/log/log.h"
#include "common/redis/outbox.h"
#include "meeting_sync/adapters/metrics.h"
#include "meeting_sync/app/claim_delivery.h"

namespace crosspoint::meeting_sync {

// What an OutboxWorker runs to carry claims to presence. References must outlive the worker.
OutboxWorker::Handler ClaimOutboxHandler(ClaimDelivery& delivery, Metrics& metrics);

// Presence may be away for a day before a claim is given up; when it is back, nothing waits longer than a few seconds.
OutboxWorkerOptions ClaimOutboxOptions(int threads, std::string consumer, log::Logger& log);

}  // namespace crosspoint::meeting_sync
