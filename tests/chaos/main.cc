// Kills parts of the running system at random points and checks that nothing acknowledged is lost or doubled.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <condition_variable>
#include <functional>
#include <iostream>
#include <map>
#include <mutex>
#include <thread>

#include "tests/chaos/actor.h"
#include "tests/chaos/calendars.h"
#include "tests/chaos/contacts.h"
#include "tests/chaos/people.h"
#include "tests/chaos/states.h"
#include "tests/chaos/voicemails.h"

namespace crosspoint::chaos {

std::vector<std::unique_ptr<Actor>> MakeActors(World& world) {
  std::vector<std::unique_ptr<Actor>> actors;
  actors.push_back(std::make_unique<People>(world));
  actors.push_back(std::make_unique<States>(world));
  actors.push_back(std::make_unique<Calendars>(world));
  actors.push_back(std::make_unique<Contacts>(world));
  actors.push_back(std::make_unique<Voicemails>(world));
  return actors;
}

namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds kPace{20};  // between two pieces of an actor's work

struct Options {
  int points = 200;
  uint64_t seed = std::random_device{}();
  int people = 4;
  std::chrono::seconds limit{30};  // to be equal again
  std::string dir;
};

// Runs an actor on a thread of its own, with pauses in which its work can be checked.
class Worker {
 public:
  explicit Worker(Actor& actor) : actor_(actor), thread_([this] { Run(); }) {}
  ~Worker() {
    Pause();
    {
      const std::lock_guard lock(mu_);
      over_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  void Go() {
    stop_ = false;
    const std::lock_guard lock(mu_);
    going_ = true;
    changed_.notify_all();
  }
  // Returns when the actor has put its work down.
  void Pause() {
    stop_ = true;
    std::unique_lock lock(mu_);
    going_ = false;
    changed_.wait(lock, [this] { return !busy_; });
  }

 private:
  void Run() {
    std::unique_lock lock(mu_);
    while (true) {
      changed_.wait(lock, [this] { return going_ || over_; });
      if (over_) return;
      busy_ = true;
      lock.unlock();
      actor_.Act(stop_);
      testing::Pause(kPace);
      lock.lock();
      busy_ = false;
      changed_.notify_all();
    }
  }

  Actor& actor_;
  std::atomic<bool> stop_{false};
  std::mutex mu_;
  std::condition_variable changed_;
  bool going_ = false;  // guarded by mu_
  bool busy_ = false;   // guarded by mu_
  bool over_ = false;   // guarded by mu_
  std::thread thread_;
};

struct Victim {
  std::string name;
  std::function<void()> kill;
  std::function<void()> start;
};

std::vector<Victim> VictimsOf(testing::Stack& stack) {
  std::vector<Victim> victims;
  for (auto* process : stack.processes()) {
    victims.push_back({process->label(), [process] { process->Kill(); }, [process] { process->Start(); }});
  }
  victims.push_back({"redis", [&stack] { stack.redis().Kill(); }, [&stack] { stack.redis().Restart(); }});
  victims.push_back({"exchange", [&stack] { stack.exchange().Kill(); }, [&stack] { stack.exchange().Restart(); }});
  return victims;
}

struct Figures {
  std::map<std::string, std::vector<double>> seconds;  // until equal, by victim
  Difference last;                                     // of those that did not become equal
};

Difference CheckAll(const std::vector<std::unique_ptr<Actor>>& actors) {
  Difference difference;
  for (const auto& actor : actors) difference.Add(actor->Check());
  return difference;
}

double Percentile(std::vector<double> values, double part) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<size_t>(part * static_cast<double>(values.size())))];
}

// Kills, starts again, and waits until all is equal.
void Strike(const Victim& victim, std::mt19937_64& random, const std::vector<std::unique_ptr<Actor>>& actors,
            std::vector<std::unique_ptr<Worker>>& workers, const Options& options, Figures& figures) {
  const auto within = [&random](int low, int high) {
    return milliseconds(std::uniform_int_distribution<int>(low, high)(random));
  };
  for (auto& worker : workers) worker->Go();
  testing::Pause(within(100, 700));
  victim.kill();
  testing::Pause(within(0, 400));
  victim.start();
  const auto back = SteadyClock::now();
  testing::Pause(within(0, 200));
  for (auto& worker : workers) worker->Pause();
  Difference difference;
  do {
    difference = CheckAll(actors);
    if (difference.equal()) break;
    testing::Pause(milliseconds(20));
  } while (SteadyClock::now() - back < options.limit);
  const double seconds = std::chrono::duration<double>(SteadyClock::now() - back).count();
  figures.seconds[victim.name].push_back(seconds);
  if (difference.equal()) return;
  std::cout << fmt::format("  {}: not equal after {:.1f} s: lost {} doubled {}: {}\n", victim.name, seconds,
                           difference.lost, difference.doubled, difference.example);
  figures.last.Add(difference);
}

int Run(const Options& options) {
  testing::StackOptions stack_options;
  stack_options.dir = options.dir;
  stack_options.directory = stack_options.presence = stack_options.meeting_sync = 2;
  stack_options.contact = 2;
  const auto journal = std::filesystem::temp_directory_path() / fmt::format("crosspoint-chaos-{}.journal", getpid());
  stack_options.exchange_arguments = {"--people", "0", "--heartbeat-ms", "1000", "--journal", journal.string()};
  testing::Stack stack(stack_options);
  stack.Start();
  World world(stack, options.people);
  const auto actors = MakeActors(world);
  std::vector<std::unique_ptr<Worker>> workers;
  for (const auto& actor : actors) workers.push_back(std::make_unique<Worker>(*actor));
  const auto victims = VictimsOf(stack);
  std::mt19937_64 random(options.seed);
  Figures figures;
  std::cout << fmt::format("{} points, seed {}\n", options.points, options.seed);
  for (int point = 1; point <= options.points && figures.last.equal(); ++point) {
    const auto& victim = victims[std::uniform_int_distribution<size_t>(0, victims.size() - 1)(random)];
    Strike(victim, random, actors, workers, options, figures);
    if (point % 20 == 0) std::cout << fmt::format("  {} points done\n", point) << std::flush;
  }
  workers.clear();
  std::filesystem::remove(journal);

  std::vector<double> all;
  for (const auto& [victim, seconds] : figures.seconds) {
    all.insert(all.end(), seconds.begin(), seconds.end());
    std::cout << fmt::format("  {:<16} killed {:>3} times, equal after p50 {:.2f} s, at most {:.2f} s\n", victim,
                             seconds.size(), Percentile(seconds, 0.5), Percentile(seconds, 1));
  }
  int64_t acknowledged = 0;
  for (const auto& actor : actors) {
    acknowledged += actor->acknowledged();
    std::cout << fmt::format("  {:<16} acknowledged {}\n", actor->name(), actor->acknowledged());
  }
  std::cout << fmt::format("points={} acknowledged={} lost={} doubled={} equal_p50_s={:.2f} equal_max_s={:.2f}\n",
                           all.size(), acknowledged, figures.last.lost, figures.last.doubled, Percentile(all, 0.5),
                           Percentile(all, 1));
  return figures.last.equal() ? 0 : 1;
}

}  // namespace
}  // namespace crosspoint::chaos

int main(int argc, char** argv) {
  crosspoint::chaos::Options options;
  CLI::App app("Kills parts of the running system and checks that nothing acknowledged is lost or doubled.");
  app.add_option("--points", options.points, "How often something is killed")->capture_default_str();
  app.add_option("--seed", options.seed, "Chooses victims and times");
  app.add_option("--people", options.people, "Users with a mailbox")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option_function<int>(
      "--limit-s", [&options](int seconds) { options.limit = std::chrono::seconds(seconds); },
      "How long it may take to be equal again (default 30)");
  app.add_option("--dir", options.dir, "Where configuration and logs are kept; empty: nowhere");
  CLI11_PARSE(app, argc, argv);
  return crosspoint::chaos::Run(options);
}
