#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "tests/troubles/scenes.h"
#include "tests/troubles/truth.h"

namespace crosspoint::troubles {
namespace {

using namespace std::chrono_literals;

constexpr int kWriters = 4;

// A trouble and what is expected of watchers while it lasts.
struct Trouble {
  std::string name;
  std::function<void()> begin;
  std::function<void()> end;
  // Which watchers must know before it ends that they may be stale; null: none need to.
  std::function<bool(const Watcher&)> must_know;
  bool reads = true;  // false: watchers on replica 1 cannot know, for nothing reaches them
  std::chrono::milliseconds lasts{6'000};
  bool writers = true;  // states are changed all the while
};

class Play {
 public:
  Play(const SceneOptions& options, Cluster& cluster) : options_(options), cluster_(cluster), truth_(options.users) {
    const int share = options.users / options.watchers;
    for (int replica = 0; replica < cluster.size(); ++replica) {
      for (int i = 0; i < options.watchers; ++i) watchers_.emplace_back(cluster, replica, i * share, share);
    }
  }

  std::deque<Watcher>& watchers() { return watchers_; }
  Truth& truth() { return truth_; }

  bool Run(const Trouble& trouble) {
    if (!options_.only.empty() && options_.only != trouble.name) return true;
    if (WaitEqual(30s) < 0ms) return Say(trouble.name, "not equal before it began");
    auto writers = std::make_unique<Writers>(cluster_, truth_, trouble.writers ? kWriters : 0);
    std::this_thread::sleep_for(500ms);
    trouble.begin();
    const auto until = Steady::now() + trouble.lasts;
    int silently_wrong = 0;
    std::vector<bool> known(watchers_.size(), false);
    while (Steady::now() < until) {
      for (size_t i = 0; i < watchers_.size(); ++i) {
        known[i] = known[i] || watchers_[i].KnowsItMayBeStale();
        if (trouble.reads || watchers_[i].replica() != 1) {
          silently_wrong = std::max(silently_wrong, watchers_[i].SilentlyWrong(truth_, 2s));
        }
      }
      std::this_thread::sleep_for(20ms);
    }
    int unaware = 0;
    for (size_t i = 0; i < watchers_.size(); ++i) {
      if (trouble.must_know && trouble.must_know(watchers_[i]) && !known[i]) ++unaware;
    }
    trouble.end();
    const auto healed = Steady::now();
    writers->Finish();
    const auto took =
        WaitEqual(30s) < 0ms ? -1ms : std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - healed);
    worst_ = std::max(worst_, took < 0ms ? std::chrono::milliseconds::max() : took);
    const bool ok = took >= 0ms && took.count() <= options_.limit_ms && silently_wrong == 0 && unaware == 0;
    std::cout << fmt::format("trouble={} acknowledged={} equal_ms={} silently_wrong={} unaware={} ok={}\n",
                             trouble.name, writers->acknowledged(), took.count(), silently_wrong, unaware, ok ? 1 : 0)
              << std::flush;
    ++played_;
    failed_ += ok ? 0 : 1;
    return ok;
  }

  int End() const {
    std::cout << fmt::format("scene=cuts users={} replicas={} watchers={} troubles={} failed={} equal_max_ms={}\n",
                             options_.users, cluster_.size(), watchers_.size(), played_, failed_, worst_.count());
    return failed_ == 0 && played_ > 0 ? 0 : 1;
  }

 private:
  // Until all watchers equal the truth; negative when they do not in time.
  std::chrono::milliseconds WaitEqual(std::chrono::milliseconds limit) {
    const auto begin = Steady::now();
    for (const auto& watcher : watchers_) {
      while (!watcher.Equals(truth_)) {
        if (Steady::now() - begin > limit) return -1ms;
        std::this_thread::sleep_for(2ms);
      }
    }
    return std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - begin);
  }
  bool Say(const std::string& name, const std::string& what) {
    std::cout << fmt::format("trouble={} {} ok=0\n", name, what) << std::flush;
    ++played_;
    ++failed_;
    return false;
  }

  const SceneOptions options_;
  Cluster& cluster_;
  Truth truth_;
  std::deque<Watcher> watchers_;
  std::chrono::milliseconds worst_{0};
  int played_ = 0;
  int failed_ = 0;
};

bool Anyone(const Watcher&) { return true; }

std::vector<Trouble> OfProcesses(Cluster& cluster, Play& play) {
  const auto restart = [&cluster](int replica) {
    cluster.Start(replica);
    cluster.WaitReady();
  };
  return {
      {"redis-killed", [&] { cluster.redis().Kill(); }, [&] { cluster.redis().Restart(); }, Anyone},
      {"redis-frozen", [&] { cluster.redis().Freeze(); }, [&] { cluster.redis().Thaw(); }, Anyone},
      {"publisher-killed", [&] { cluster.Kill(0); }, [restart] { restart(0); },
       [](const Watcher& watcher) { return watcher.replica() == 0; }},
      {"two-of-three-killed",
       [&] {
         cluster.Kill(0);
         cluster.Kill(2);
       },
       [restart] {
         restart(0);
         restart(2);
       },
       [](const Watcher& watcher) { return watcher.replica() != 1; }},
      {"replica-frozen", [&] { cluster.Freeze(1); }, [&] { cluster.Thaw(1); }, nullptr, false},
      {"readers-do-not-read",
       [&] {
         for (auto& watcher : play.watchers()) watcher.Stall(watcher.replica() == 1);
       },
       [&] {
         for (auto& watcher : play.watchers()) watcher.Stall(false);
       },
       nullptr, false},
      // Every start has a new key, so this is also how keys are rotated.
      {"keys-rotated-one-after-another",
       [&, restart] {
         for (int i = 0; i < cluster.size(); ++i) {
           cluster.Kill(i);
           restart(i);
         }
       },
       [] {}, nullptr, true, 1'000ms},
      {"redis-emptied",
       [&] {
         cluster.redis().Command({"FLUSHALL"});
         for (int user = 0; user < play.truth().users(); ++user) play.truth().Set(user, "available");
       },
       [] {}, nullptr, true, 4'000ms, false},
  };
}

std::vector<Trouble> OfWires(const Cluster& cluster) {
  const auto mend = [&cluster] { cluster.Mend(1); };
  return {
      {"replica-cut-from-peers-and-store", [&cluster] { cluster.CutFromPeersAndStore(1); }, mend,
       [](const Watcher& watcher) { return watcher.replica() == 1; }},
      {"replica-cut-from-peers", [&cluster] { cluster.CutFromPeers(1); }, mend, nullptr},
      {"five-percent-of-packets-lost",
       [&cluster] {
         for (int i = 0; i < cluster.size(); ++i) cluster.LosePackets(i, 5);
       },
       [&cluster] {
         for (int i = 0; i < cluster.size(); ++i) cluster.Mend(i);
       },
       nullptr},
  };
}

}  // namespace

int Cuts(const SceneOptions& options) {
  Cluster cluster(options.replicas, options.namespaces);
  for (int i = 0; i < cluster.size(); ++i) cluster.Start(i);
  if (!cluster.WaitReady()) return 1;
  Play play(options, cluster);
  if (options.namespaces) {
    for (const auto& trouble : OfWires(cluster)) play.Run(trouble);
  }
  for (const auto& trouble : OfProcesses(cluster, play)) play.Run(trouble);
  return play.End();
}

}  // namespace crosspoint::troubles
