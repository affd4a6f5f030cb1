#include "presence/domain/signals.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace crosspoint::presence {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kNow{1000s};

DeviceLine Line(const char* device, LineState state, std::chrono::seconds lease) {
  return DeviceLine{{device}, state, kNow + lease};
}

TEST(Signals, NobodyReportedIsIdleAndOffline) {
  EXPECT_EQ(SignalsAt({}, std::nullopt, kNow), Signals{});
  EXPECT_EQ(NextSignalEdge({}, std::nullopt, kNow), std::nullopt);
}

TEST(Signals, TheStrongestDeviceIsShown) {
  std::vector<DeviceLine> lines{Line("a", LineState::kRinging, 90s)};
  EXPECT_EQ(SignalsAt(lines, std::nullopt, kNow).line, LineState::kRinging);
  lines.push_back(Line("b", LineState::kHeld, 90s));
  EXPECT_EQ(SignalsAt(lines, std::nullopt, kNow).line, LineState::kHeld);
  lines.push_back(Line("c", LineState::kOnThePhone, 90s));
  EXPECT_EQ(SignalsAt(lines, std::nullopt, kNow).line, LineState::kOnThePhone);
}

TEST(Signals, ADeviceWhoseLeaseIsOverCountsNoMore) {
  const std::vector<DeviceLine> lines{Line("a", LineState::kOnThePhone, 0s), Line("b", LineState::kRinging, 1s)};
  EXPECT_EQ(SignalsAt(lines, std::nullopt, kNow).line, LineState::kRinging);
  EXPECT_EQ(SignalsAt(lines, std::nullopt, kNow + 1s).line, LineState::kIdle);
}

TEST(Signals, OnlineLastsAsLongAsItsLeaseAndIsApartFromLines) {
  EXPECT_EQ(SignalsAt({}, kNow + 1s, kNow), (Signals{LineState::kIdle, ImState::kOnline}));
  EXPECT_EQ(SignalsAt({}, kNow, kNow), Signals{});
  EXPECT_EQ(NextSignalEdge({}, kNow + 1s, kNow), kNow + 1s);
}

TEST(Signals, TheEdgeIsWhenTheLastDeviceOfTheShownStateFallsSilent) {
  const std::vector<DeviceLine> lines{Line("a", LineState::kOnThePhone, 30s), Line("b", LineState::kOnThePhone, 50s),
                                      Line("c", LineState::kRinging, 10s)};
  EXPECT_EQ(NextSignalEdge(lines, std::nullopt, kNow), kNow + 50s);
  EXPECT_EQ(NextSignalEdge(lines, kNow + 20s, kNow), kNow + 20s);
}

// The definition itself: nothing changes before the edge, and something does at it.
TEST(Signals, NothingChangesBeforeTheEdgeAndSomethingAtIt) {
  std::mt19937 random(7);
  const auto below = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
  for (int round = 0; round < 2'000; ++round) {
    std::vector<DeviceLine> lines;
    for (int i = below(5); i > 0; --i) {
      lines.push_back(Line("d", static_cast<LineState>(below(4)), std::chrono::seconds(below(12) - 2)));
    }
    std::optional<TimePoint> online;
    if (below(2) == 0) online = kNow + std::chrono::seconds(below(12) - 2);
    const auto shown = SignalsAt(lines, online, kNow);
    const auto edge = NextSignalEdge(lines, online, kNow);
    for (auto at = kNow; at < edge.value_or(kNow + 20s); at += 1s) ASSERT_EQ(SignalsAt(lines, online, at), shown);
    if (edge) {
      ASSERT_GT(*edge, kNow);
      ASSERT_NE(SignalsAt(lines, online, *edge), shown);
    }
  }
}

}  // namespace
}  // namespace crosspoint::presence
