// What spreading presence costs: ours against raw ZeroMQ with bare gRPC streams and against an XMPP server. See
// README.md in tests/bench.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "tests/bench/presence/fanout.h"
#include "tests/bench/presence/floor.h"
#include "tests/bench/presence/resync.h"
#include "tests/bench/presence/sides.h"
#include "tests/bench/presence/xmpp.h"

namespace crosspoint::bench {
namespace {

constexpr int kResyncRounds = 3;

int Run(const FanoutPlan& plan, int users, bool with_xmpp) {
  char folder[] = "/tmp/crosspoint-bench-XXXXXX";
  if (mkdtemp(folder) == nullptr) return 1;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  {
    const auto credentials = testing::Credentials::Create(folder);
    credentials.Certificate("gateway");
    OurSide ours(credentials, folder);
    const auto shape = ours.Shape();
    fmt::print("a message: {} bytes of state, {} of resume token\n", shape.presence.size(), shape.rest.size());
    Save(shape, folder);
    FloorSide floor(folder);
    std::optional<XmppSide> xmpp;
    if (with_xmpp) xmpp.emplace(credentials, folder, plan.watchers);
    const auto figures = MeasureFanout(ours, floor, xmpp ? &*xmpp : nullptr, plan);
    const auto resync = MeasureResync(credentials, ours, users, kResyncRounds);
    fmt::print(
        "ratio={:.2f} ratio_batched={:.2f} ratio_all={:.2f} p99_vs_floor={:.2f} vs_xmpp={:.1f} deliveries_per_s={:.0f} "
        "batched_deliveries_per_s={:.0f} last_p50_ms={:.1f} last_p99_ms={:.1f} watcher_kb={:.1f} "
        "floor_watcher_kb={:.1f} resync_ms={:.0f} floor_resync_ms={:.0f} user_bytes={:.0f} floor_user_bytes={:.0f}\n",
        figures.ratio, figures.ratio_batched, figures.ratio_all, figures.p99_vs_floor, figures.vs_xmpp,
        figures.events_per_s, figures.batched_per_s, figures.p50_ms, figures.p99_ms, figures.watcher_kb,
        figures.floor_watcher_kb, resync.ms, resync.floor_ms, resync.bytes_per_user, resync.floor_bytes_per_user);
  }
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace crosspoint::bench

int main(int argc, char** argv) {
  using namespace crosspoint::bench;
  std::map<std::string, std::string> options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const auto equals = std::min(argument.size(), argument.find('='));
    options[argument.substr(0, equals)] = argument.substr(std::min(argument.size(), equals + 1));
  }
  const auto take = [&options](const std::string& name) { return options.extract(name); };
  if (const auto serve = take("--serve")) {
    const auto folder = options["--folder"];
    if (serve.mapped() == "floor-publisher") return ServeFloorPublisher(folder);
    if (serve.mapped() == "resync") return ServeResync(options["--redis"]);
    if (serve.mapped() == "resync-floor") return ServeResyncFloor(options["--redis"]);
    return ServeFloorStreams(folder, options["--endpoint"], options["--key"]);
  }
  FanoutPlan plan;
  const auto number = [&take](const std::string& name, int otherwise) {
    const auto given = take(name);
    return given ? std::max(1, std::atoi(given.mapped().c_str())) : otherwise;
  };
  plan.rounds = number("--rounds", plan.rounds);
  plan.round = std::chrono::milliseconds(number("--round-ms", static_cast<int>(plan.round.count())));
  plan.samples = number("--samples", plan.samples);
  plan.watchers = number("--watchers", plan.watchers);
  plan.connections = number("--connections", plan.connections);
  const int users = number("--users", 100'000);
  const bool with_xmpp = !take("--without-xmpp");
  if (!options.empty()) {
    fmt::print(stderr,
               "usage: {} [--rounds=N] [--round-ms=N] [--samples=N] [--watchers=N] [--connections=N] [--users=N] "
               "[--without-xmpp]\n",
               argv[0]);
    return 2;
  }
  return Run(plan, users, with_xmpp);
}
