#include "presence/app/edge_timers.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "presence/app/edge_queue.h"
#include "presence/app/fake_presence_store.h"

namespace crosspoint::presence {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TimePoint At(int64_t second) { return TimePoint{seconds{second}}; }

TEST(EdgeQueue, GivesUsersInTheOrderOfTheirEdges) {
  EdgeQueue queue;
  queue.Arm("b", At(2));
  queue.Arm("a", At(1));
  queue.Arm("c", At(3));
  EXPECT_EQ(queue.Next(), At(1));
  EXPECT_EQ(queue.TakeDue(At(2), 10), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(queue.TakeDue(At(2), 10), std::vector<std::string>{});
  EXPECT_EQ(queue.Next(), At(3));
}

TEST(EdgeQueue, KeepsOnlyTheLastEdgeOfAUser) {
  EdgeQueue queue;
  queue.Arm("a", At(1));
  queue.Arm("a", At(5));
  EXPECT_TRUE(queue.TakeDue(At(4), 10).empty());
  queue.Arm("a", kOpenEnd);
  EXPECT_EQ(queue.Next(), std::nullopt);
  EXPECT_EQ(queue.size(), 0u);
}

TEST(EdgeQueue, AgreesWithAPlainMapUnderRandomChanges) {
  EdgeQueue queue;
  std::map<std::string, TimePoint> model;
  std::mt19937 random(3);
  const auto below = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
  for (int step = 0; step < 20'000; ++step) {
    const auto user = std::to_string(below(40));
    if (below(10) == 0) {
      const auto now = At(below(1000));
      for (const auto& due : queue.TakeDue(now, 3)) {
        ASSERT_TRUE(model.contains(due));
        ASSERT_LE(model[due], now);
        for (const auto& [other, edge] : model) ASSERT_LE(model[due], edge);
        model.erase(due);
      }
    } else {
      const auto edge = below(5) == 0 ? kOpenEnd : At(below(1000));
      queue.Arm(user, edge);
      if (edge == kOpenEnd) {
        model.erase(user);
      } else {
        model[user] = edge;
      }
    }
    ASSERT_EQ(queue.size(), model.size());
  }
}

// A store whose clock stands still until told to move, and whose table and timers hang together as in the service.
class EdgeTimersTest : public testing::Test {
 protected:
  EdgeTimersTest() : table_([](std::string_view) { return uint8_t{0}; }, timers_) {
    for (size_t shard = 0; shard < kShards; ++shard) {
      table_.Replace(static_cast<uint8_t>(shard), ShardContents{"fake", 0, 0, {}});
    }
    timers_.Start(table_, [this](const UserKey& user, TimePoint, const ChangeResult& result) {
      table_.Apply(0, result.epoch, user, result.record, 0);
      const std::lock_guard lock(mu_);
      if (result.changed) ++fired_;
      changed_.notify_all();
    });
  }
  ~EdgeTimersTest() override { timers_.Stop(); }

  void Schedule(const std::string& user, seconds from, seconds to) {
    ClaimChange change;
    change.put = ClaimWish{{"m"}, {"meeting-sync"},    ClaimClass::kCalendar, {"in-a-meeting"},
                           "",    clock_.Now() + from, clock_.Now() + to};
    const auto result = store_.Change(UserId{{"acme"}, user}, change, Deadline::max());
    ASSERT_TRUE(result.ok());
    table_.Apply(0, result->epoch, "acme/" + user, result->record, 0);
  }
  bool WaitForFired(int count) {
    std::unique_lock lock(mu_);
    return changed_.wait_for(lock, seconds{10}, [&] { return fired_ >= count; });
  }
  std::string Shown(const std::string& user) const { return table_.Get("acme/" + user).availability.state.value; }

  std::mutex mu_;
  std::condition_variable changed_;
  int fired_ = 0;  // guarded by mu_
  FakeClock clock_;
  FakePresenceStore store_{clock_};
  log::Logger log_{"test", log::Level::kError};
  EdgeTimers timers_{store_, log_, EdgeConfig{milliseconds{5}, milliseconds{5}, 16}};
  PresenceTable table_;
};

TEST(EdgeQueue, EdgesOfOneMomentComeInAnotherOrderUnderAnotherSaltAndThoseOfDifferentOnesDoNot) {
  const auto order = [](uint64_t salt) {
    EdgeQueue queue(salt);
    for (int i = 0; i < 100; ++i) queue.Arm(std::to_string(i), At(i / 50));
    return queue.TakeDue(At(1), 100);
  };
  const auto one = order(1);
  const auto other = order(2);
  EXPECT_NE(one, other);
  EXPECT_EQ(one, order(1));
  for (const auto& taken : {one, other}) {
    for (size_t i = 0; i < taken.size(); ++i) EXPECT_EQ(std::stoi(taken[i]) / 50, static_cast<int>(i / 50));
  }
}

TEST_F(EdgeTimersTest, FiresAtTheStartAndAtTheEnd) {
  Schedule("u1", seconds{10}, seconds{20});
  EXPECT_EQ(Shown("u1"), "available");
  clock_.Advance(seconds{10});
  ASSERT_TRUE(WaitForFired(1));
  EXPECT_EQ(Shown("u1"), "in-a-meeting");
  clock_.Advance(seconds{10});
  ASSERT_TRUE(WaitForFired(2));
  EXPECT_EQ(Shown("u1"), "available");
  EXPECT_EQ(timers_.armed(), 0u);
}

TEST_F(EdgeTimersTest, FiresMoreUsersAtOnceThanMayBeInFlight) {
  for (int i = 0; i < 200; ++i) Schedule("u" + std::to_string(i), seconds{10}, seconds{20});
  clock_.Advance(seconds{10});
  ASSERT_TRUE(WaitForFired(200));
  for (int i = 0; i < 200; ++i) EXPECT_EQ(Shown("u" + std::to_string(i)), "in-a-meeting");
}

TEST_F(EdgeTimersTest, EdgeThatWasTakenBackDoesNotFire) {
  Schedule("u1", seconds{10}, seconds{20});
  Schedule("u1", seconds{30}, seconds{40});
  Schedule("u2", seconds{15}, seconds{40});
  clock_.Advance(seconds{20});
  ASSERT_TRUE(WaitForFired(1));
  EXPECT_EQ(Shown("u1"), "available");
  EXPECT_EQ(Shown("u2"), "in-a-meeting");
}

TEST_F(EdgeTimersTest, StoreAwayAtTheEdgeIsTriedAgainUntilItIsBack) {
  Schedule("u1", seconds{10}, seconds{20});
  store_.SetAway(true);
  clock_.Advance(seconds{10});
  while (timers_.counters().failed < 3) std::this_thread::yield();
  EXPECT_EQ(Shown("u1"), "available");
  store_.SetAway(false);
  ASSERT_TRUE(WaitForFired(1));
  EXPECT_EQ(Shown("u1"), "in-a-meeting");
}

TEST_F(EdgeTimersTest, ClockThatJumpsOverStartAndEndLeavesTheTruth) {
  Schedule("u1", seconds{10}, seconds{20});
  clock_.Advance(seconds{3600});
  while (timers_.armed() != 0) std::this_thread::yield();
  timers_.Stop();
  EXPECT_EQ(Shown("u1"), "available");
  EXPECT_EQ(store_.Read(UserId{{"acme"}, "u1"}, "", Deadline::max())->claims.size(), 0u);
}

TEST_F(EdgeTimersTest, ClockSetBackBeforeAStartTakesTheStartBackAndFiresItAgainInTime) {
  Schedule("u1", seconds{1800}, seconds{7200});
  Schedule("u2", seconds{-60}, seconds{7200});
  clock_.Advance(seconds{3600});
  ASSERT_TRUE(WaitForFired(1));
  EXPECT_EQ(Shown("u1"), "in-a-meeting");
  clock_.Advance(seconds{-3600});
  ASSERT_TRUE(WaitForFired(2));
  EXPECT_EQ(Shown("u1"), "available");
  EXPECT_EQ(Shown("u2"), "in-a-meeting");
  clock_.Advance(seconds{1799});
  Schedule("u3", seconds{0}, seconds{1});  // something to wait for
  clock_.Advance(seconds{1});
  ASSERT_TRUE(WaitForFired(4));
  EXPECT_EQ(Shown("u1"), "in-a-meeting");
  clock_.Advance(seconds{5400});
  ASSERT_TRUE(WaitForFired(6));
  EXPECT_EQ(Shown("u1"), "available");
  EXPECT_EQ(timers_.armed(), 0u);
}

TEST_F(EdgeTimersTest, ClockThatJumpsAnHourAheadAndBackAgainAndAgainEndsInTheTruth) {
  for (int i = 0; i < 50; ++i) Schedule("u" + std::to_string(i), seconds{60 * i + 30}, seconds{40'000 + 60 * i});
  for (int jump = 0; jump < 6; ++jump) {
    clock_.Advance(seconds{jump % 2 == 0 ? 3600 : -3600});
    std::this_thread::sleep_for(milliseconds{10});  // timers may look in between, or not
  }
  clock_.Advance(seconds{600});  // ten have begun
  const auto in_a_meeting = [&] {
    int count = 0;
    for (int i = 0; i < 50; ++i) count += Shown("u" + std::to_string(i)) == "in-a-meeting" ? 1 : 0;
    return count;
  };
  const auto end = std::chrono::steady_clock::now() + seconds{10};
  while (in_a_meeting() != 10 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_EQ(in_a_meeting(), 10);
}

// Several replicas that share a store, each with a table and timers of its own.
class Replicas {
 public:
  struct Replica {
    explicit Replica(Replicas& all)
        : table([](std::string_view) { return uint8_t{0}; }, timers),
          timers(all.store, all.log, EdgeConfig{milliseconds{5}, milliseconds{5}, 512}) {
      for (size_t shard = 0; shard < kShards; ++shard) {
        table.Replace(static_cast<uint8_t>(shard), ShardContents{"fake", 0, 0, {}});
      }
    }
    PresenceTable table;
    EdgeTimers timers;
  };

  explicit Replicas(size_t count) {
    for (size_t i = 0; i < count; ++i) replicas.push_back(std::make_unique<Replica>(*this));
  }
  ~Replicas() {
    for (auto& replica : replicas) replica->timers.Stop();
  }
  void Schedule(int user, seconds from, seconds to) {
    ClaimChange change;
    change.put = ClaimWish{{"m"}, {"meeting-sync"},   ClaimClass::kCalendar, {"in-a-meeting"},
                           "",    clock.Now() + from, clock.Now() + to};
    const auto result = store.Change(UserId{{"acme"}, std::to_string(user)}, change, Deadline::max());
    for (auto& replica : replicas) replica->table.Apply(0, "fake", "acme/" + std::to_string(user), result->record, 0);
  }
  void Start() {
    for (auto& replica : replicas) {
      auto& table = replica->table;
      replica->timers.Start(table, [this, &table](const UserKey& user, TimePoint, const ChangeResult& result) {
        table.Apply(0, result.epoch, user, result.record, 0);
        if (!result.changed) return;
        const std::lock_guard lock(mu);
        fired[result.record.revision] = {std::stoi(user.substr(5)), result.record.availability.state.value};
      });
    }
  }
  size_t Fired() {
    const std::lock_guard lock(mu);
    return fired.size();
  }
  bool WaitForFired(size_t count) {
    const auto end = std::chrono::steady_clock::now() + seconds{120};
    while (Fired() < count && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(milliseconds{1});
    return Fired() == count;
  }

  FakeClock clock;
  FakePresenceStore store{clock};
  log::Logger log{"test", log::Level::kError};
  std::mutex mu;
  std::map<uint64_t, std::pair<int, std::string>> fired;  // guarded by mu; revision -> user and state since then
  std::vector<std::unique_ptr<Replica>> replicas;
};

TEST(EdgeTimers, AHundredThousandEdgesFireOnceAndInOrderThoughTwoOfThreeReplicasDie) {
  constexpr int kUsers = 50'000;  // a start and an end each
  constexpr int kStep = 600;
  const auto start = [](int user) { return 1 + user % 3600; };
  const auto end = [](int user) { return 3601 + user % 3600; };
  Replicas all(3);
  for (int i = 0; i < kUsers; ++i) all.Schedule(i, seconds{start(i)}, seconds{end(i)});
  all.Start();
  for (int now = kStep; now <= 7200; now += kStep) {
    all.clock.Advance(seconds{kStep});
    if (now == 2 * kStep) all.replicas[0]->timers.Stop();  // in the midst of it
    if (now == 5 * kStep) all.replicas[2]->timers.Stop();
    size_t due = 0;
    for (int i = 0; i < kUsers; ++i) due += static_cast<size_t>((start(i) <= now ? 1 : 0) + (end(i) <= now ? 1 : 0));
    ASSERT_TRUE(all.WaitForFired(due)) << all.Fired() << " of " << due << " at " << now;
  }
  all.replicas[1]->timers.Stop();
  const std::lock_guard lock(all.mu);
  std::map<std::pair<int, std::string>, int> times;
  int before = 0;
  for (const auto& [revision, what] : all.fired) {
    const auto& [user, state] = what;
    ASSERT_EQ(++times[what], 1) << user << " " << state;
    const int due = state == "available" ? end(user) : start(user);
    ASSERT_GE(due, before) << "revision " << revision;
    before = due;
  }
}

}  // namespace
}  // namespace crosspoint::presence
