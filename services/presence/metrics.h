#pragma once

#include "common/metrics/metrics.h"
#include "common/zmq/bus_node.h"
#include "presence/app/edge_timers.h"
#include "presence/app/ports.h"
#include "presence/app/presence_table.h"
#include "presence/app/watch_hub.h"

namespace crosspoint::presence {

// What the parts count by themselves, offered for reading. All must outlive the registry's last reading.
void OfferMetrics(metrics::Registry& registry, const PresenceTable& table, const WatchHub& hub,
                  const EdgeTimers& timers, const BusNode& bus);

// How late edges fired. Made once.
metrics::Histogram& EdgeLateness(metrics::Registry& registry);

// A store whose calls are timed. Thread-safe.
class MeteredPresenceStore final : public PresenceStore, public SignalStore {
 public:
  MeteredPresenceStore(PresenceStore& store, SignalStore& signals, metrics::Registry& registry);
  absl::StatusOr<ChangeResult> Change(const UserId& user, const ClaimChange& change, Deadline deadline) override;
  absl::StatusOr<UserClaims> Read(const UserId& user, const std::string& request_id, Deadline deadline) override;
  void Report(const UserKey& user, const SignalReport& report, Deadline deadline, Done done) override;

 private:
  PresenceStore& store_;
  SignalStore& signals_;
  metrics::Family<metrics::Histogram>& duration_;
  metrics::Family<metrics::Counter>& failures_;
};

}  // namespace crosspoint::presence
