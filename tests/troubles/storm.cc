#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <iostream>
#include <thread>
#include <vector>

#include "tests/troubles/claims.h"
#include "tests/troubles/scenes.h"
#include "tests/troubles/truth.h"

namespace crosspoint::troubles {
namespace {

using namespace std::chrono_literals;
using Wall = std::chrono::system_clock;

double MsBetween(Wall::time_point from, Wall::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

double At(std::vector<double>& sorted, double share) {
  if (sorted.empty()) return NAN;
  return sorted[std::min(sorted.size() - 1, static_cast<size_t>(share * static_cast<double>(sorted.size())))];
}

// Watchers on every replica, each of its share of the users.
std::deque<Watcher> WatchAll(Cluster& cluster, const SceneOptions& options, const std::vector<int>& replicas) {
  std::deque<Watcher> watchers;
  const int share = options.users / options.watchers;
  for (const int replica : replicas) {
    for (int i = 0; i < options.watchers; ++i) watchers.emplace_back(cluster, replica, i * share, share);
  }
  return watchers;
}

bool WaitFor(const std::function<bool()>& done, std::chrono::milliseconds limit) {
  const auto end = Steady::now() + limit;
  while (!done()) {
    if (Steady::now() > end) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

std::vector<int> AllOf(const Cluster& cluster) {
  std::vector<int> all;
  for (int i = 0; i < cluster.size(); ++i) all.push_back(i);
  return all;
}

bool ShowsTheStorm(const Watcher& watcher) {
  const auto seen = watcher.seen();
  return std::all_of(seen.begin(), seen.end(),
                     [](const auto& user) { return user.state == "in-a-meeting" && user.on_the_phone; });
}

}  // namespace

int Storm(const SceneOptions& options) {
  Cluster cluster(options.replicas, options.namespaces);
  for (int i = 0; i < options.replicas; ++i) cluster.Start(i);
  if (!cluster.WaitReady()) return 1;
  auto watchers = WatchAll(cluster, options, AllOf(cluster));
  const Truth nobody(options.users);
  if (!WaitFor([&] { return std::all_of(watchers.begin(), watchers.end(), [&](auto& w) { return w.Equals(nobody); }); },
               60s)) {
    return 1;
  }
  const auto first = Wall::now();
  // Placing one claim takes a fraction of a millisecond; measured on the first hundred, as machines differ.
  if (!PlaceMeetings(cluster, 100, [&](int) { return first + 3600s; })) return 1;
  const auto each = (Wall::now() - first) / 100;
  const auto due = Wall::now() + each * options.users * 2 + 3s;
  if (!PlaceMeetings(cluster, options.users, [&](int) { return due; })) return 1;
  if (Wall::now() > due - 500ms) {
    std::cerr << "placing the claims took longer than thought; nothing can be said\n";
    return 1;
  }
  std::vector<long> rss;
  for (int i = 0; i < options.replicas; ++i) rss.push_back(cluster.RssKb(i));
  std::this_thread::sleep_until(due);
  const bool reported = ReportCalls(cluster, options.users);
  const auto reports = MsBetween(due, Wall::now());
  const bool equal = WaitFor([&] { return std::all_of(watchers.begin(), watchers.end(), ShowsTheStorm); }, 30s);
  std::vector<double> late;
  long grown = 0;
  for (int i = 0; i < options.replicas; ++i) grown = std::max(grown, cluster.RssKb(i) - rss[static_cast<size_t>(i)]);
  for (const auto& watcher : watchers) {
    for (const auto& user : watcher.seen()) late.push_back(MsBetween(due, user.when));
  }
  std::sort(late.begin(), late.end());
  const double last = late.empty() ? NAN : late.back();
  const bool ok = reported && equal && last <= options.limit_ms;
  std::cout << fmt::format(
      "scene=storm claims={} reports={} replicas={} watchers={} reports_answered_ms={:.0f} equal_p50_ms={:.0f} "
      "equal_p99_ms={:.0f} equal_last_ms={:.0f} rss_grown_kb={} ok={}\n",
      options.users, options.users, options.replicas, watchers.size(), reports, At(late, 0.5), At(late, 0.99), last,
      grown, ok ? 1 : 0);
  return ok ? 0 : 1;
}

int Edges(const SceneOptions& options) {
  Cluster cluster(options.replicas, options.namespaces);
  for (int i = 0; i < options.replicas; ++i) cluster.Start(i);
  if (!cluster.WaitReady()) return 1;
  // On the replica that stays, so that no change is seen twice because a stream began anew.
  auto watchers = WatchAll(cluster, options, {0});
  const auto begin = Wall::now();
  if (!PlaceMeetings(cluster, 100, [&](int) { return begin + 3600s; })) return 1;
  const auto each = (Wall::now() - begin) / 100;
  const auto first = Wall::now() + each * options.users * 2 + 3s;
  constexpr auto kOver = 60s;
  const auto due = [&](int user) {
    return first + std::chrono::duration_cast<Wall::duration>(kOver) * user / options.users;
  };
  if (!PlaceMeetings(cluster, options.users, due)) return 1;
  if (Wall::now() > first) {
    std::cerr << "placing the claims took longer than thought; nothing can be said\n";
    return 1;
  }
  for (int i = 1; i < options.replicas; ++i) {
    std::this_thread::sleep_until(first + kOver * i / (options.replicas + 1));
    cluster.Kill(i);
    std::cout << fmt::format("replica {} killed\n", i) << std::flush;
  }
  std::this_thread::sleep_until(first + kOver + 2s);
  std::vector<double> late;
  size_t wrong = 0, disorder = 0;
  for (const auto& watcher : watchers) {
    Wall::time_point before{};
    for (const auto& user : watcher.seen()) {
      wrong += user.state != "in-a-meeting" || user.changes != 1 ? 1 : 0;
      disorder += user.when < before ? 1 : 0;
      before = user.when;
      late.push_back(MsBetween(due(static_cast<int>(late.size())), user.when));
    }
  }
  std::sort(late.begin(), late.end());
  const bool ok = wrong == 0 && At(late, 0.99) <= 100;
  std::cout << fmt::format(
      "scene=edges claims={} replicas={} killed={} not_exactly_once={} out_of_order={} late_p50_ms={:.1f} "
      "late_p99_ms={:.1f} late_max_ms={:.1f} ok={}\n",
      options.users, options.replicas, options.replicas - 1, wrong, disorder, At(late, 0.5), At(late, 0.99),
      At(late, 1), ok ? 1 : 0);
  return ok ? 0 : 1;
}

}  // namespace crosspoint::troubles
