#include "common/zmq/bus_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/zmq/fake_peer_directory.h"

namespace crosspoint {
namespace {

struct Deaf final : BusListener {
  void OnResync(ShardSnapshot) override {}
  void OnChange(const BusFrame&) override {}
  void OnCurrent(bool) override {}
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

struct Counting final : BusListener {
  void OnResync(ShardSnapshot) override { ++resyncs; }
  void OnChange(const BusFrame&) override { ++changes; }
  void OnCurrent(bool now) override { current = now; }
  bool current = true;
  int resyncs = 0;
  int changes = 0;
};

TEST(TimedBusListener, TimesChangesThatSayWhenTheyWerePublishedAndHandsAllOn) {
  metrics::Registry registry;
  FakeClock clock;
  Counting inner;
  TimedBusListener listener(inner, registry, "presence", clock);
  listener.OnResync({});
  listener.OnChange({});  // a hint
  listener.OnChange({.publish_time = clock.Now() - std::chrono::milliseconds(300)});
  listener.OnChange({.publish_time = clock.Now() + std::chrono::seconds(5)});  // by another machine's clock
  EXPECT_EQ(inner.resyncs, 1);
  EXPECT_EQ(inner.changes, 3);
  listener.OnCurrent(false);
  EXPECT_FALSE(inner.current);
  listener.OnCurrent(true);
  EXPECT_TRUE(inner.current);
  const auto text = registry.Exposition();
  EXPECT_THAT(text, testing::HasSubstr("crosspoint_presence_bus_delay_seconds_count 2\n"));
  EXPECT_THAT(text, testing::HasSubstr("crosspoint_presence_bus_delay_seconds_bucket{le=\"0.001\"} 1\n"));
  EXPECT_THAT(text, testing::HasSubstr("crosspoint_presence_bus_delay_seconds_bucket{le=\"0.5\"} 2\n"));
}

}  // namespace
}  // namespace crosspoint
