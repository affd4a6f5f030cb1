#include "presence/app/edge_timers.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <random>
#include <string>

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

}  // namespace
}  // namespace crosspoint::presence
