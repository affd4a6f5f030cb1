#pragma once

#include <string>

#include "common/log/log.h"
#include "common/redis/outbox.h"
#include "voicemail/adapters/metrics.h"
#include "voicemail/app/delivery.h"

namespace crosspoint::voicemail {

// What an OutboxWorker runs to bring messages into mailboxes. References must outlive the worker.
OutboxWorker::Handler DeliveryOutboxHandler(Delivery& delivery, Metrics& metrics);

// A mail server may be away for a day before a message is given up; when it is back, none waits longer than seconds.
OutboxWorkerOptions DeliveryOutboxOptions(int threads, std::string consumer, log::Logger& log);

}  // namespace crosspoint::voicemail
