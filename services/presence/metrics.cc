#include "presence/metrics.h"

#include <chrono>
#include <utility>

#include "common/zmq/bus_metrics.h"

namespace crosspoint::presence {
namespace {

const metrics::Label kOperation{"operation", {"change", "read", "report"}};

}  // namespace

void OfferMetrics(metrics::Registry& registry, const PresenceTable& table, const WatchHub& hub,
                  const EdgeTimers& timers, const BusNode& bus) {
  registry.AddReadGauge("crosspoint_presence_users", "Users with a record in memory",
                        [&table] { return static_cast<double>(table.users()); });
  registry.AddReadGauge("crosspoint_presence_armed_edges", "Users whose state changes at a known moment",
                        [&timers] { return static_cast<double>(timers.armed()); });
  const auto& watches = hub.counters();
  registry.AddReadGauge("crosspoint_presence_watchers", "Open watch streams",
                        [&watches] { return static_cast<double>(watches.watches); });
  registry.AddReadGauge("crosspoint_presence_watched_users", "Users watched, over all streams",
                        [&watches] { return static_cast<double>(watches.watched_users); });
  registry.AddReadCounter("crosspoint_presence_states_sent_total", "States written to watch streams",
                          [&watches] { return static_cast<double>(watches.presences_sent); });
  registry.AddReadCounter("crosspoint_presence_states_coalesced_total",
                          "Changes overtaken before a slow reader took them",
                          [&watches] { return static_cast<double>(watches.coalesced); });
  const auto& edges = timers.counters();
  registry.AddReadCounter("crosspoint_presence_edges_fired_total",
                          "Starts and ends of claims this replica was first at",
                          [&edges] { return static_cast<double>(edges.fired); });
  registry.AddReadCounter("crosspoint_presence_edges_repeated_total", "Starts and ends another replica was first at",
                          [&edges] { return static_cast<double>(edges.repeated); });
  registry.AddReadCounter("crosspoint_presence_edges_failed_total", "Attempts the store did not answer",
                          [&edges] { return static_cast<double>(edges.failed); });
  AddBusMetrics(registry, "presence", bus);
}

metrics::Histogram& EdgeLateness(metrics::Registry& registry) {
  return registry.AddHistogram("crosspoint_presence_edge_lateness_seconds",
                               "From the moment a claim starts or ends until its effect is stored",
                               {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5, 30});
}

MeteredPresenceStore::MeteredPresenceStore(PresenceStore& store, SignalStore& signals, metrics::Registry& registry)
    : store_(store),
      signals_(signals),
      duration_(registry.Histograms("crosspoint_presence_store_duration_seconds", "Calls to the store", {kOperation})),
      failures_(registry.Counters("crosspoint_presence_store_failures_total", "Calls to the store that failed",
                                  {kOperation})) {}

namespace {

double SecondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

absl::StatusOr<ChangeResult> MeteredPresenceStore::Change(const UserId& user, const ClaimChange& change,
                                                          Deadline deadline) {
  const auto begin = std::chrono::steady_clock::now();
  auto result = store_.Change(user, change, deadline);
  duration_.With({"change"}).Observe(SecondsSince(begin));
  if (!result.ok()) failures_.With({"change"}).Increment();
  return result;
}

absl::StatusOr<UserClaims> MeteredPresenceStore::Read(const UserId& user, const std::string& request_id,
                                                      Deadline deadline) {
  const auto begin = std::chrono::steady_clock::now();
  auto result = store_.Read(user, request_id, deadline);
  duration_.With({"read"}).Observe(SecondsSince(begin));
  if (!result.ok()) failures_.With({"read"}).Increment();
  return result;
}

void MeteredPresenceStore::Report(const UserKey& user, const SignalReport& report, Deadline deadline, Done done) {
  const auto begin = std::chrono::steady_clock::now();
  signals_.Report(user, report, deadline, [this, begin, done = std::move(done)](absl::StatusOr<ChangeResult> result) {
    duration_.With({"report"}).Observe(SecondsSince(begin));
    if (!result.ok()) failures_.With({"report"}).Increment();
    done(std::move(result));
  });
}

}  // namespace crosspoint::presence
