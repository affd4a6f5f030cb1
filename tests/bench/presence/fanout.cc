#include "tests/bench/presence/fanout.h"
#include "tests/support/process_usage.h"

#include <fmt/format.h>

#include <algorithm>

namespace crosspoint::bench {
namespace {

using std::chrono::steady_clock;

struct Samples {
  std::vector<double> per_second;
  std::vector<double> per_cpu_second;          // of all processes that serve
  std::vector<double> per_streams_cpu_second;  // of the one that holds the streams
};

// Updates in groups of `group`, the next group when all watchers have seen the last one.
void Spread(Side& side, const FanoutPlan& plan, int group, Samples& samples) {
  const double cpu = side.AllCpuSeconds();
  const double streams_cpu = testing::CpuSeconds(side.streams_pid());
  const auto begin = steady_clock::now();
  double deliveries = 0;
  std::vector<int> marks;
  for (int user = 0; steady_clock::now() < begin + plan.round;) {
    marks.clear();
    for (int i = 0; i < group; ++i, user = (user + 1) % kUsers) {
      marks.push_back(side.tally().NewMark());
      side.Update(user, marks.back());
    }
    for (const int mark : marks) side.tally().WaitFor(mark);
    deliveries += static_cast<double>(group) * plan.watchers;
  }
  samples.per_second.push_back(deliveries / std::chrono::duration<double>(steady_clock::now() - begin).count());
  samples.per_cpu_second.push_back(deliveries / std::max(0.01, side.AllCpuSeconds() - cpu));
  samples.per_streams_cpu_second.push_back(deliveries /
                                           std::max(0.01, testing::CpuSeconds(side.streams_pid()) - streams_cpu));
}

std::vector<double> Ratios(const std::vector<double>& ours, const std::vector<double>& others) {
  std::vector<double> ratios;
  for (size_t i = 0; i < ours.size(); ++i) ratios.push_back(ours[i] / others[i]);
  return ratios;
}

struct SpreadFigures {
  double per_s = 0;
  double ratio = 0;      // of the processes that hold the streams
  double ratio_all = 0;  // of all
  double vs_xmpp = 0;
};

SpreadFigures SpreadOn(const std::vector<Side*>& sides, const FanoutPlan& plan, int group) {
  std::vector<Samples> samples(sides.size());
  for (int round = 0; round < plan.rounds; ++round) {
    // Who goes first changes, so that a machine that gets slower favours nobody.
    for (size_t i = 0; i < sides.size(); ++i) {
      const size_t side = (i + static_cast<size_t>(round)) % sides.size();
      Spread(*sides[side], plan, group, samples[side]);
    }
  }
  fmt::print("{} watchers, {} at a time, medians of {} rounds of {} ms\n", plan.watchers,
             group == 1 ? "one update" : fmt::format("{} updates", group), plan.rounds, plan.round.count());
  for (size_t i = 0; i < sides.size(); ++i) {
    fmt::print("  {:<12} {:9.0f} deliveries/s {:9.0f} per CPU-second of the streams' process, {:9.0f} of all\n",
               sides[i]->name(), Quantile(samples[i].per_second, 0.5), Quantile(samples[i].per_streams_cpu_second, 0.5),
               Quantile(samples[i].per_cpu_second, 0.5));
  }
  const auto& ours = samples[0].per_cpu_second;
  return {Quantile(samples[0].per_second, 0.5),
          Quantile(Ratios(samples[0].per_streams_cpu_second, samples[1].per_streams_cpu_second), 0.5),
          Quantile(Ratios(ours, samples[1].per_cpu_second), 0.5),
          sides.size() > 2 ? Quantile(Ratios(ours, samples[2].per_cpu_second), 0.5) : 0};
}

// Milliseconds from asking for an update to the last watcher's having it; the sides take turns.
std::vector<std::vector<double>> Latencies(const std::vector<Side*>& sides, int samples) {
  std::vector<std::vector<double>> millis(sides.size());
  for (int sample = 0; sample < samples; ++sample) {
    for (size_t side = 0; side < sides.size(); ++side) {
      if (sides[side]->slow() && sample % 10 != 0) continue;
      const int mark = sides[side]->tally().NewMark();
      const auto begin = steady_clock::now();
      sides[side]->Update(sample % kUsers, mark);
      const auto end = sides[side]->tally().WaitFor(mark);
      millis[side].push_back(std::chrono::duration<double, std::milli>(end - begin).count());
    }
  }
  return millis;
}

}  // namespace

FanoutFigures MeasureFanout(OurSide& ours, FloorSide& floor, Side* xmpp, const FanoutPlan& plan) {
  std::vector<Side*> sides{&ours, &floor};
  if (xmpp != nullptr) sides.push_back(xmpp);
  std::vector<double> kb;
  for (auto* const side : sides) {
    const double before = testing::PrivateKb(side->streams_pid());
    side->Watch(plan.watchers, plan.connections);
    kb.push_back((testing::PrivateKb(side->streams_pid()) - before) / plan.watchers);
  }
  fmt::print("a watcher with its part of the connection takes");
  for (size_t i = 0; i < sides.size(); ++i) fmt::print(" {:.1f} kB of {}", kb[i], sides[i]->name());
  fmt::print("\n");
  FanoutFigures figures;
  figures.watcher_kb = kb[0];
  figures.floor_watcher_kb = kb[1];
  const auto single = SpreadOn(sides, plan, 1);
  const auto batched = SpreadOn({&ours, &floor}, plan, kUsers);  // XMPP puts nothing together
  figures.events_per_s = single.per_s;
  figures.batched_per_s = batched.per_s;
  figures.ratio = single.ratio;
  figures.ratio_batched = batched.ratio;
  figures.ratio_all = std::min(single.ratio_all, batched.ratio_all);
  figures.vs_xmpp = single.vs_xmpp;
  fmt::print("  over the floor {:.2f}, with batching {:.2f}; all processes {:.2f} and {:.2f}; over prosody {:.1f}\n",
             single.ratio, batched.ratio, single.ratio_all, batched.ratio_all, single.vs_xmpp);
  for (int watchers = plan.watchers; watchers >= 10; watchers /= 10) {
    if (watchers != plan.watchers) {
      for (auto* const side : sides) side->Watch(watchers, plan.connections);
    }
    const auto millis = Latencies(sides, plan.samples);
    fmt::print("one update to the last of {} watchers, ms\n", watchers);
    for (size_t i = 0; i < sides.size(); ++i) {
      fmt::print("  {:<12} p50 {:7.2f}   p99 {:7.2f}\n", sides[i]->name(), Quantile(millis[i], 0.5),
                 Quantile(millis[i], 0.99));
    }
    if (watchers != plan.watchers) continue;
    figures.p50_ms = Quantile(millis[0], 0.5);
    figures.p99_ms = Quantile(millis[0], 0.99);
    figures.p99_vs_floor = figures.p99_ms / Quantile(millis[1], 0.99);
  }
  return figures;
}

}  // namespace crosspoint::bench
