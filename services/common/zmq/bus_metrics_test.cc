#include "common/zmq/bus_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/zmq/fake_peer_directory.h"

namespace crosspoint {
namespace {

struct Deaf final : BusListener {
  void OnResync(ShardSnapshot) override {}
  void OnChange(const BusFrame&) override {}
};

TEST(BusMetrics, AreThereBeforeTheNodeStartsAndCount) {
  log::Logger log("bus_test", log::Level::kError);
  FakePeerDirectory peers;
  SystemClock clock;
  Deaf deaf;
  BusNode node({}, "test", peers, nullptr, deaf, clock, log);
  metrics::Registry registry;
  AddBusMetrics(registry, "presence", node);
  EXPECT_THAT(registry.names(), testing::IsSupersetOf({"crosspoint_presence_bus_gaps_total",
                                                       "crosspoint_presence_bus_refused_clients_total",
                                                       "crosspoint_presence_bus_synced_shards"}));
  node.Publish({});
  EXPECT_THAT(registry.Exposition(), testing::HasSubstr("\ncrosspoint_presence_bus_frames_dropped_total 1\n"));
}

}  // namespace
}  // namespace crosspoint
