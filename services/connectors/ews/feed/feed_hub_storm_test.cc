#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "common/tasks/task_pool.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/feed/feed_hub.h"

namespace crosspoint::ews {
namespace {

using std::chrono::milliseconds;

constexpr int kMailboxes = 40;

// A server whose callbacks come from whatever thread makes trouble, as they come from the I/O thread of a client.
class StormServer final : public FeedServer {
 public:
  // Callbacks run with `mu` held, so that destroying the stream waits for them.
  struct Open {
    std::recursive_mutex mu;
    bool running = true;           // guarded by mu
    EwsStreamCallbacks callbacks;  // guarded by mu
  };
  using OpenPtr = std::shared_ptr<Open>;  // shared by stream and server

  absl::StatusOr<Subscription> Subscribe(const std::string& mailbox, const Affinity&) override {
    const std::lock_guard lock(mu_);
    if (++calls_ % 17 == 0) return absl::Status(absl::StatusCode::kUnavailable, "");
    const auto id = mailbox + "#" + std::to_string(calls_);
    held_[id] = {mailbox, nullptr};
    return Subscription{.id = id, .affinity_cookie = "c"};
  }
  void Unsubscribe(const std::string& id, const std::string&, const Affinity&) override {
    const std::lock_guard lock(mu_);
    held_.erase(id);
  }
  std::unique_ptr<EwsStream> OpenStream(const std::vector<std::string>& ids, std::chrono::minutes,
                                        EwsStreamCallbacks callbacks, const std::string&, const Affinity&) override {
    auto open = std::make_shared<Open>();
    open->callbacks = std::move(callbacks);
    std::vector<std::string> lost;
    std::set<OpenPtr> replaced;
    {
      const std::lock_guard lock(mu_);
      for (const auto& id : ids) {
        const auto found = held_.find(id);
        if (found == held_.end()) {
          lost.push_back(id);
          continue;
        }
        if (found->second.second) replaced.insert(found->second.second);
        found->second.second = open;
      }
      opens_.insert(open);
    }
    for (const auto& old : replaced) End(old, StatusFromResponseCode("ErrorNewEventStreamConnectionOpened", ""));
    {
      const std::lock_guard lock(open->mu);
      open->callbacks.on_alive();
      if (!lost.empty()) open->callbacks.on_lost(lost);
    }
    return std::make_unique<Stream>(*this, open);
  }

  void Change(const std::string& mailbox) {
    std::vector<std::pair<std::string, OpenPtr>> readers;
    {
      const std::lock_guard lock(mu_);
      for (const auto& [id, held] : held_) {
        if (held.first == mailbox && held.second) readers.emplace_back(id, held.second);
      }
    }
    for (const auto& [id, open] : readers) {
      const std::lock_guard lock(open->mu);
      if (open->running) open->callbacks.on_event({.kind = StreamEvent::Kind::kModified, .subscription_id = id});
    }
  }
  void EndOne(unsigned which, const absl::Status& status) {
    OpenPtr open;
    {
      const std::lock_guard lock(mu_);
      if (opens_.empty()) return;
      open = *std::next(opens_.begin(), static_cast<long>(which % opens_.size()));
    }
    End(open, status);
  }
  void LoseOne(unsigned which) {
    OpenPtr open;
    std::string id;
    {
      const std::lock_guard lock(mu_);
      if (held_.empty()) return;
      const auto victim = std::next(held_.begin(), static_cast<long>(which % held_.size()));
      id = victim->first;
      open = victim->second.second;
      held_.erase(victim);
    }
    if (!open) return;
    const std::lock_guard lock(open->mu);
    if (open->running) open->callbacks.on_lost({id});
  }
  size_t running() {
    const std::lock_guard lock(mu_);
    return opens_.size();
  }

 private:
  struct Stream final : EwsStream {
    Stream(StormServer& server, OpenPtr open) : server(server), open(std::move(open)) {}
    ~Stream() override {
      server.Forget(open);
      const std::lock_guard lock(open->mu);
      open->running = false;
      open->callbacks = {};
    }
    StormServer& server;
    const OpenPtr open;
  };

  void Forget(const OpenPtr& open) {
    const std::lock_guard lock(mu_);
    opens_.erase(open);
  }
  void End(const OpenPtr& open, const absl::Status& status) {
    Forget(open);
    const std::lock_guard lock(open->mu);
    if (std::exchange(open->running, false) && open->callbacks.on_end) open->callbacks.on_end(status);
  }

  std::mutex mu_;
  int calls_ = 0;                                                // guarded by mu_
  std::map<std::string, std::pair<std::string, OpenPtr>> held_;  // guarded by mu_; mailbox and reader by subscription
  std::set<OpenPtr> opens_;                                      // guarded by mu_
};

class Counter final : public FeedListener {
 public:
  explicit Counter(std::atomic<int>& events) : events_(events) {}
  void OnEvent(const StreamEvent&) override { ++events_; }
  void OnGap() override {}
  void OnTrouble(const absl::Status&) override {}

 private:
  std::atomic<int>& events_;
};

template <class Condition>
bool Eventually(const Condition& condition) {
  for (int i = 0; i < 4000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(milliseconds{5});
  }
  return false;
}

// Everything at once on real threads, mostly for the thread sanitizer. Afterwards every mailbox is fed and hears.
TEST(FeedHubStorm, SettlesWithEverybodyFed) {
  StormServer server;
  TaskPool tasks(6);
  FeedHub hub(tasks,
              {.group_size = 7,
               .gather = milliseconds{1},
               .longest_gather = milliseconds{10},
               .reopen_interval = milliseconds{2},
               .overlap = milliseconds{20},
               .first_retry = milliseconds{1},
               .max_retry = milliseconds{20}},
              [] { return 0.5; });
  std::array<std::atomic<int>, kMailboxes> events{};
  std::array<std::unique_ptr<FeedSeat>, kMailboxes> seats;
  const auto address = [](int i) { return fmt::format("p{:02}@corp.example", i); };
  const auto sit = [&](int i) {
    seats[i] =
        hub.Add({.address = address(i), .server = &server, .grouping = ""}, std::make_unique<Counter>(events[i]));
  };
  for (int i = 0; i < kMailboxes; ++i) sit(i);

  std::vector<std::thread> storm;
  for (unsigned t = 0; t < 4; ++t) {
    storm.emplace_back([&, t] {
      std::mt19937 random(t);
      for (int i = 0; i < 400; ++i) {
        const auto who = static_cast<int>(random() % kMailboxes / 4 * 4 + t);  // each thread has seats of its own
        switch (random() % 8) {
          case 0:
            server.EndOne(random(), absl::Status(absl::StatusCode::kUnavailable, ""));
            break;
          case 1:
            server.EndOne(random(), absl::OkStatus());
            break;
          case 2:
            server.EndOne(random(), StatusFromResponseCode("ErrorReadEventsFailed", ""));
            break;
          case 3:
            server.LoseOne(random());
            break;
          case 4:
            seats[who].reset();
            sit(who);
            break;
          default:
            server.Change(address(who));
        }
        if (i % 20 == 0) std::this_thread::sleep_for(milliseconds{1});
      }
    });
  }
  for (auto& thread : storm) thread.join();

  EXPECT_TRUE(Eventually([&] { return hub.stats().fed == kMailboxes; })) << hub.stats().fed;
  for (int i = 0; i < kMailboxes; ++i) {
    // A connection may be replaced just now: what happens then is told by a gap or by the next change.
    const auto before = events[i].load();
    EXPECT_TRUE(Eventually([&] {
      server.Change(address(i));
      return events[i] > before;
    })) << i;
  }
  for (auto& seat : seats) seat.reset();
  EXPECT_TRUE(Eventually([&] { return server.running() == 0; })) << server.running();
  hub.Stop();
  tasks.Stop();
}

}  // namespace
}  // namespace crosspoint::ews
