#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/metrics/metrics.h"
#include "common/zmq/bus_node.h"
#include "common/zmq/fake_peer_directory.h"
#include "presence/adapters/shard_keys.h"
#include "presence/app/fake_presence_store.h"
#include "presence/metrics.h"

namespace crosspoint::presence {
namespace {

class Deaf final : public BusListener {
 public:
  void OnResync(ShardSnapshot) override {}
  void OnChange(const BusFrame&) override {}
  void OnCurrent(bool) override {}
};

TEST(PresenceMetrics, AreTheseAndNoOthers) {
  metrics::Registry registry;
  FakeClock clock;
  log::Logger log("test", log::Level::kError);
  FakePresenceStore store(clock);
  EdgeTimers timers(store, log);
  PresenceTable table(ShardOfUser, timers);
  WatchHub hub(table);
  FakePeerDirectory peers;
  Deaf listener;
  BusNode bus({}, "presence", peers, nullptr, listener, clock, log);
  OfferMetrics(registry, table, hub, timers, bus);
  EdgeLateness(registry);
  MeteredPresenceStore metered(store, store, registry);

  std::vector<std::string> own;
  for (const auto& name : registry.names()) {
    if (!name.starts_with("crosspoint_presence_bus_")) own.push_back(name);
  }
  EXPECT_THAT(own, ::testing::ElementsAre(
                       "crosspoint_presence_armed_edges", "crosspoint_presence_edge_lateness_seconds",
                       "crosspoint_presence_edges_failed_total", "crosspoint_presence_edges_fired_total",
                       "crosspoint_presence_edges_repeated_total", "crosspoint_presence_states_coalesced_total",
                       "crosspoint_presence_states_sent_total", "crosspoint_presence_store_duration_seconds{operation}",
                       "crosspoint_presence_store_failures_total{operation}", "crosspoint_presence_users",
                       "crosspoint_presence_watched_users", "crosspoint_presence_watchers"));
}

}  // namespace
}  // namespace crosspoint::presence
