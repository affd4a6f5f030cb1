#include "common/metrics/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/metrics/metric_name.h"

namespace crosspoint::metrics {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Metrics, SeriesExistAtZeroFromStart) {
  Registry registry;
  registry.Counters("crosspoint_sample_calls_total", "Calls", {{"method", {"Get", "Put"}}, {"code", {"ok", "error"}}});
  const auto text = registry.Exposition();
  for (const auto* method : {"Get", "Put"}) {
    for (const auto* code : {"ok", "error"}) {
      EXPECT_THAT(text, HasSubstr("crosspoint_sample_calls_total{code=\"" + std::string(code) + "\",method=\"" +
                                  method + "\"} 0\n"));
    }
  }
  EXPECT_THAT(text, HasSubstr("# TYPE crosspoint_sample_calls_total counter"));
  EXPECT_THAT(text, HasSubstr("# HELP crosspoint_sample_calls_total Calls"));
}

TEST(Metrics, CountsWhereAsked) {
  Registry registry;
  auto& calls = registry.Counters("crosspoint_sample_calls_total", "Calls", {{"code", {"ok", "error"}}});
  calls.With({"ok"}).Increment();
  calls.With({"ok"}).Increment(2);
  EXPECT_THAT(registry.Exposition(), HasSubstr("crosspoint_sample_calls_total{code=\"ok\"} 3\n"));
  EXPECT_THAT(registry.Exposition(), HasSubstr("crosspoint_sample_calls_total{code=\"error\"} 0\n"));
}

TEST(Metrics, UndeclaredValuesCountAsOneOther) {
  Registry registry;
  auto& calls = registry.Counters("crosspoint_sample_calls_total", "Calls", {{"code", {"ok"}}});
  EXPECT_THAT(registry.Exposition(), Not(HasSubstr("other")));
  for (int i = 0; i < 100; ++i) calls.With({"strange" + std::to_string(i)}).Increment();
  EXPECT_THAT(registry.Exposition(), HasSubstr("{code=\"other\"} 100\n"));
  EXPECT_THAT(registry.Exposition(), Not(HasSubstr("strange")));
}

TEST(Metrics, DeclaredLaterExistsAtZeroFromThen) {
  Registry registry;
  auto& calls = registry.Counters("crosspoint_sample_calls_total", "Calls", {{"method", {}}, {"code", {"ok"}}});
  calls.Declare("method", "Get");
  EXPECT_THAT(registry.Exposition(), HasSubstr("crosspoint_sample_calls_total{code=\"ok\",method=\"Get\"} 0\n"));
  auto& get = calls.With({"Get", "ok"});
  calls.Declare("method", "Put");
  get.Increment();
  EXPECT_EQ(calls.With({"Get", "ok"}).value(), 1);
  EXPECT_EQ(calls.With({"Put", "ok"}).value(), 0);
}

TEST(Metrics, GaugeSetsAndAdds) {
  Registry registry;
  auto& watchers = registry.AddGauge("crosspoint_sample_watchers", "Open watches");
  watchers.Set(5);
  watchers.Add(-2);
  EXPECT_EQ(watchers.value(), 3);
  EXPECT_THAT(registry.Exposition(), HasSubstr("crosspoint_sample_watchers 3\n"));
}

TEST(Metrics, HistogramFillsItsBuckets) {
  Registry registry;
  registry.AddHistogram("crosspoint_sample_duration_seconds", "How long", {0.1, 1}).Observe(0.5);
  const auto text = registry.Exposition();
  EXPECT_THAT(text, HasSubstr("crosspoint_sample_duration_seconds_bucket{le=\"0.1\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("crosspoint_sample_duration_seconds_bucket{le=\"1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("crosspoint_sample_duration_seconds_count 1\n"));
}

TEST(Metrics, ReadMetricsAreAskedWhenSomebodyReads) {
  Registry registry;
  double size = 1;
  double hits = 10;
  registry.AddReadGauge("crosspoint_sample_cache_entries", "Entries", [&] { return size; });
  registry.AddReadCounter("crosspoint_sample_cache_hits_total", "Hits", [&] { return hits; });
  EXPECT_THAT(registry.Exposition(), HasSubstr("crosspoint_sample_cache_hits_total 10\n"));
  size = 7;
  hits = 12;
  EXPECT_THAT(registry.Exposition(), HasSubstr("crosspoint_sample_cache_entries 7\n"));
  EXPECT_THAT(registry.Exposition(), HasSubstr("crosspoint_sample_cache_hits_total 12\n"));
}

TEST(Metrics, ListsNamesSortedWithLabels) {
  Registry registry;
  registry.AddGauge("crosspoint_sample_watchers", "w");
  registry.Counters("crosspoint_sample_calls_total", "c", {{"method", {"Get"}}, {"code", {"ok"}}});
  EXPECT_THAT(registry.names(),
              ElementsAre("crosspoint_sample_calls_total{method,code}", "crosspoint_sample_watchers"));
}

TEST(MetricsDeathTest, NameRegisteredTwiceStopsTheProcess) {
  Registry registry;
  registry.AddGauge("crosspoint_sample_watchers", "w");
  EXPECT_DEATH(registry.AddGauge("crosspoint_sample_watchers", "w"), "registered twice");
}

TEST(MetricName, FollowsTheRules) {
  EXPECT_EQ(ObjectionToName("crosspoint_voicemail_deposits_total", true), "");
  EXPECT_EQ(ObjectionToName("crosspoint_ews_request_duration_seconds", false), "");
  EXPECT_NE(ObjectionToName("crosspoint_voicemail_deposits", true), "");
  EXPECT_NE(ObjectionToName("crosspoint_watchers_total", false), "");
  EXPECT_NE(ObjectionToName("watchers", false), "");
  EXPECT_NE(ObjectionToName("crosspoint_took_ms", false), "");
  EXPECT_NE(ObjectionToName("crosspoint_Took", false), "");
}

}  // namespace
}  // namespace crosspoint::metrics
