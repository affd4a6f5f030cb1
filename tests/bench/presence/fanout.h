#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tests/bench/presence/sides.h"

namespace crosspoint::bench {

struct FanoutPlan {
  int rounds = 7;
  std::chrono::milliseconds round{2000};
  int samples = 400;  // single updates that are timed, per number of watchers
  int watchers = 1000;
  int connections = 4;  // that they come over, but for XMPP's
};

struct FanoutFigures {
  // Deliveries per CPU-second over the floor's, of the processes that hold the streams.
  double ratio = 0;  // one update at a time
  double ratio_batched = 0;
  double ratio_all = 0;      // of all processes that serve, the store among ours
  double p99_vs_floor = 0;   // to the last of all watchers
  double vs_xmpp = 0;        // of all processes, deliveries per CPU-second over prosody's, one update at a time
  double events_per_s = 0;   // delivered, one update at a time
  double batched_per_s = 0;  // delivered, many at a time
  double p50_ms = 0;         // to the last of all watchers
  double p99_ms = 0;
  double watcher_kb = 0;  // memory of a watching stream and its connection
  double floor_watcher_kb = 0;
};

// Spreads updates in alternating rounds over ours, the floor and XMPP, and prints what each gave.
// `xmpp` may be null.
FanoutFigures MeasureFanout(OurSide& ours, FloorSide& floor, Side* xmpp, const FanoutPlan& plan);

}  // namespace crosspoint::bench
