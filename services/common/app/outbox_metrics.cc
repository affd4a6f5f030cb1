#include "common/app/outbox_metrics.h"

#include "common/redis/outbox.h"

namespace crosspoint {

void AddOutboxMetrics(metrics::Registry& registry, const OutboxWorker& worker) {
  const auto read = [&worker](uint64_t OutboxStats::*value) {
    return [&worker, value] { return static_cast<double>(worker.stats().*value); };
  };
  registry.AddReadCounter("crosspoint_outbox_handled_total", "Entries carried out", read(&OutboxStats::handled));
  registry.AddReadCounter("crosspoint_outbox_retries_total", "Attempts that failed and are repeated",
                          read(&OutboxStats::retried));
  registry.AddReadCounter("crosspoint_outbox_buried_total", "Entries that became dead letters",
                          read(&OutboxStats::buried));
  registry.AddReadGauge("crosspoint_outbox_oldest_retry_seconds",
                        "Age of the oldest entry that failed here and waits to be tried again",
                        [&worker] { return std::chrono::duration<double>(worker.stats().oldest_retry).count(); });
  registry.AddReadGauge("crosspoint_outbox_entries", "Entries of the whole service that are not carried out yet",
                        read(&OutboxStats::entries));
  registry.AddReadGauge("crosspoint_outbox_dead_letters", "Dead letters of the whole service that wait to be replayed",
                        read(&OutboxStats::dead_letters));
}

}  // namespace crosspoint
