#include "common/redis/slots.h"

#include <array>
#include <atomic>
#include <iostream>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/contract/redis/fixture.h"

namespace crosspoint::testing {
namespace {

constexpr char kPool[] = "cp:{ews:test}";
constexpr PauseGrowth kGrowth{.first = milliseconds(100), .most = milliseconds(400)};

// Two clients stand for two processes.
class SlotsTest : public BothServers {
 protected:
  SlotsTest() : server_(Options()), client_(server_.config()), other_client_(server_.config()) {}

  void Limit(const SlotLimits& limits) {
    slots_ = std::make_unique<SharedSlots>(client_, kPool, limits);
    other_ = std::make_unique<SharedSlots>(other_client_, kPool, limits);
  }

  static SlotRequest Ask(const std::string& lane, bool urgent, milliseconds wait = milliseconds(30)) {
    return {.lane = lane, .urgent = urgent, .give_up = In(wait), .hold_until = In(seconds(30))};
  }
  static TakenSlot Must(SharedSlots& slots, const SlotRequest& request) {
    auto slot = slots.Take(request);
    EXPECT_OK(slot.status());
    return slot.ok() ? *slot : TakenSlot{};
  }
  static std::string Refusal(SharedSlots& slots, const SlotRequest& request) {
    return ReasonOf(slots.Take(request).status());
  }
  // Until so many wait in Redis.
  bool AwaitWaiting(const std::string& queue, int count) const {
    return Eventually([&] { return server_.Command({"ZCARD", kPool + (":" + queue)}).integer() == count; });
  }
  int64_t Scripts() const {
    const auto stats = server_.Command({"INFO", "commandstats"}).text();
    const auto at = stats.find("cmdstat_evalsha:calls=");
    return at == stats.npos ? 0 : std::stoll(stats.substr(at + 22));
  }

  RedisServer server_;
  RedisClient client_;
  RedisClient other_client_;
  std::unique_ptr<SharedSlots> slots_;
  std::unique_ptr<SharedSlots> other_;
};
CROSSPOINT_ON_BOTH_SERVERS(SlotsTest);

TEST_P(SlotsTest, LimitHoldsForAllProcessesTogether) {
  Limit({.total = 2, .per_lane = 2, .reserved = 0});
  const auto first = Must(*slots_, Ask("a", false));
  Must(*other_, Ask("b", false));
  EXPECT_EQ(Refusal(*slots_, Ask("c", true)), "SLOTS_TAKEN");
  EXPECT_EQ(Refusal(*other_, Ask("c", false)), "SLOTS_TAKEN");
  slots_->Give(first, true);
  Must(*other_, Ask("c", false, seconds(5)));
}

TEST_P(SlotsTest, LaneHasALimitOfItsOwn) {
  Limit({.total = 10, .per_lane = 2, .reserved = 0});
  Must(*slots_, Ask("a", true));
  Must(*other_, Ask("a", true));
  EXPECT_EQ(Refusal(*slots_, Ask("a", true)), "SLOTS_TAKEN");
  Must(*slots_, Ask("b", true));
}

TEST_P(SlotsTest, LastSlotIsKeptForTheUrgent) {
  Limit({.total = 3, .per_lane = 2, .reserved = 1});
  Must(*slots_, Ask("a", false));
  EXPECT_EQ(Refusal(*slots_, Ask("a", false)), "SLOTS_TAKEN") << "the last of the lane";
  Must(*slots_, Ask("b", false));
  EXPECT_EQ(Refusal(*other_, Ask("c", false)), "SLOTS_TAKEN") << "the last of all";
  Must(*other_, Ask("a", true));
}

TEST_P(SlotsTest, SingleSlotServesBackgroundToo) {
  Limit({.total = 1, .per_lane = 1, .reserved = 1});
  const auto slot = Must(*slots_, Ask("a", false));
  slots_->Give(slot, true);
  Must(*slots_, Ask("a", true, seconds(5)));
}

TEST_P(SlotsTest, WaiterIsWokenWhenASlotComesBack) {
  Limit({.total = 1, .per_lane = 1, .reserved = 0});
  const auto slot = Must(*slots_, Ask("a", true));
  std::chrono::steady_clock::time_point woken;
  std::thread waiter([&] {
    Must(*other_, Ask("b", true, seconds(10)));
    woken = std::chrono::steady_clock::now();
  });
  EXPECT_TRUE(AwaitWaiting("urgent", 1));
  const auto given = std::chrono::steady_clock::now();
  slots_->Give(slot, true);
  waiter.join();
  EXPECT_LT(woken - given, milliseconds(200));
  std::cerr << "woken after " << std::chrono::duration_cast<std::chrono::microseconds>(woken - given).count()
            << " us\n";
}

TEST_P(SlotsTest, UrgentGoesBeforeBackgroundThatWaitsLonger) {
  Limit({.total = 2, .per_lane = 2, .reserved = 0});
  const auto first = Must(*slots_, Ask("a", false));
  const auto second = Must(*slots_, Ask("a", false));
  std::mutex mu;
  std::vector<std::string> order;
  const auto wait = [&](SharedSlots& slots, bool urgent, const std::string& name) {
    const auto slot = Must(slots, Ask("b", urgent, seconds(10)));
    {
      const std::lock_guard lock(mu);
      order.push_back(name);
    }
    slots.Give(slot, true);
  };
  std::thread background([&] { wait(*slots_, false, "background"); });
  EXPECT_TRUE(AwaitWaiting("background", 1));
  std::thread urgent([&] { wait(*other_, true, "urgent"); });
  EXPECT_TRUE(AwaitWaiting("urgent", 1));
  slots_->Give(first, true);
  background.join();
  urgent.join();
  EXPECT_THAT(order, ::testing::ElementsAre("urgent", "background"));
  slots_->Give(second, true);
}

TEST_P(SlotsTest, WaitingBackgroundDoesNotHoldUpTheUrgent) {
  Limit({.total = 3, .per_lane = 3, .reserved = 1});
  Must(*slots_, Ask("a", false));
  Must(*slots_, Ask("b", false));
  std::vector<std::thread> background;
  for (int i = 0; i < 5; ++i) {
    background.emplace_back([&] { EXPECT_EQ(Refusal(*slots_, Ask("c", false, milliseconds(400))), "SLOTS_TAKEN"); });
  }
  EXPECT_TRUE(AwaitWaiting("background", 5));
  const auto begin = std::chrono::steady_clock::now();
  Must(*other_, Ask("c", true));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(200));
  for (auto& thread : background) thread.join();
  EXPECT_TRUE(AwaitWaiting("background", 0)) << "who gives up leaves the queue";
}

TEST_P(SlotsTest, ManyThreadsNeverExceedTheLimits) {
  constexpr int kTotal = 4;
  constexpr int kPerLane = 2;
  Limit({.total = kTotal, .per_lane = kPerLane, .reserved = 1});
  std::atomic<int> inside{0};
  std::array<std::atomic<int>, 3> in_lane{};
  std::atomic<int> violations{0};
  std::atomic<int> turns{0};
  std::atomic<int> background_inside{0};
  const auto begin = std::chrono::steady_clock::now();
  const auto scripts_before = Scripts();
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&, i] {
      auto& slots = i % 2 == 0 ? *slots_ : *other_;
      const size_t lane = static_cast<size_t>(i) % in_lane.size();
      const bool urgent = i % 4 == 0;
      for (int round = 0; round < 40; ++round) {
        const auto slot = Must(slots, Ask("lane" + std::to_string(lane), urgent, seconds(60)));
        if (++inside > kTotal) ++violations;
        if (++in_lane[lane] > kPerLane) ++violations;
        if (!urgent && ++background_inside > kTotal - 1) ++violations;
        ++turns;
        std::this_thread::yield();
        if (!urgent) --background_inside;
        --in_lane[lane];
        --inside;
        slots.Give(slot, true);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(violations, 0);
  EXPECT_EQ(turns, 640);
  const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const auto scripts = Scripts() - scripts_before;
  std::cerr << 640 / took << " turns a second, " << static_cast<double>(scripts) / 640 << " scripts a turn\n";
  EXPECT_LT(scripts, 640 * 4) << "waiters are woken, they do not ask again and again";
}

TEST_P(SlotsTest, WaitersDoNotPoll) {
  Limit({.total = 1, .per_lane = 1, .reserved = 0});
  const auto slot = Must(*slots_, Ask("a", true));
  std::vector<std::thread> waiters;
  for (int i = 0; i < 10; ++i) {
    waiters.emplace_back([&] {
      const auto own = Must(*other_, Ask("b", true, seconds(20)));
      other_->Give(own, true);
    });
  }
  EXPECT_TRUE(AwaitWaiting("urgent", 10));
  const auto before = Scripts();
  std::this_thread::sleep_for(seconds(1));  // in which nothing happens, and so nothing may be asked
  EXPECT_EQ(Scripts(), before);
  slots_->Give(slot, true);
  for (auto& waiter : waiters) waiter.join();
}

TEST_P(SlotsTest, SlotOfADeadHolderComesBackAfterItsLease) {
  Limit({.total = 1, .per_lane = 1, .reserved = 0});
  auto dying = std::make_unique<RedisClient>(server_.config());
  auto its_slots = std::make_unique<SharedSlots>(*dying, kPool, SlotLimits{.total = 1, .per_lane = 1, .reserved = 0});
  const auto begin = std::chrono::steady_clock::now();
  auto request = Ask("a", true);
  request.hold_until = In(milliseconds(200));
  Must(*its_slots, request);
  its_slots.reset();
  dying.reset();  // without giving it back
  EXPECT_EQ(Refusal(*slots_, Ask("b", true, milliseconds(100))), "SLOTS_TAKEN");
  Must(*slots_, Ask("b", true, seconds(10)));
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(took, milliseconds(1200)) << "the use may last until hold_until, and a second is spared for it";
  EXPECT_LT(took, milliseconds(3000));
}

TEST_P(SlotsTest, WishOfADeadWaiterHoldsNobodyUp) {
  Limit({.total = 1, .per_lane = 1, .reserved = 0});
  const auto slot = Must(*slots_, Ask("a", true));
  // What one who was killed while waiting leaves behind.
  server_.Command({"HSET", std::string(kPool) + ":wants", "gone:a", "1:2"});
  server_.Command({"ZADD", std::string(kPool) + ":urgent", "1", "gone:a"});
  slots_->Give(slot, true);
  Must(*other_, Ask("b", false, seconds(5)));
  EXPECT_EQ(server_.Command({"HLEN", std::string(kPool) + ":wants"}).integer(), 0);
}

TEST_P(SlotsTest, PauseBeyondTheWaitRefusesAtOnceAndTellsTheRest) {
  Limit({});
  ASSERT_OK(slots_->Pause("a", seconds(20), kGrowth, Soon()).status());
  const auto begin = std::chrono::steady_clock::now();
  const auto refused = other_->Take(Ask("a", true, seconds(10))).status();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(500));
  ASSERT_EQ(ReasonOf(refused), "SLOTS_PAUSED");
  const auto left = std::stoi(GetErrorInfo(refused)->metadata.at("remaining_ms"));
  EXPECT_GT(left, 19'000);
  EXPECT_LE(left, 20'000);
  Must(*other_, Ask("b", true));
  EXPECT_GT(other_->PauseLeft("a", Soon()).value(), seconds(19));
  EXPECT_EQ(other_->PauseLeft("b", Soon()).value(), milliseconds(0));
}

TEST_P(SlotsTest, PauseIsOverToTheMillisecond) {
  Limit({});
  for (int round = 0; round < 5; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_OK(slots_->Pause("", milliseconds(150), kGrowth, Soon()).status());
    const auto set = std::chrono::steady_clock::now();
    const auto slot = Must(*other_, Ask("a", round % 2 == 0, seconds(10)));
    const auto took = std::chrono::steady_clock::now();
    EXPECT_GE(took - begin, milliseconds(150));
    EXPECT_LT(took - set, milliseconds(350)) << "a busy machine is forgiven here";
    EXPECT_GE(slot.waited_for_pause, milliseconds(100));
    std::cerr << "late by " << std::chrono::duration_cast<std::chrono::microseconds>(took - set).count() - 150'000
              << " us\n";
    other_->Give(slot, true);
  }
}

TEST_P(SlotsTest, RunningPauseIsNotShortened) {
  Limit({});
  ASSERT_OK(slots_->Pause("a", seconds(20), kGrowth, Soon()).status());
  EXPECT_GT(slots_->Pause("a", milliseconds(10), kGrowth, Soon()).value(), seconds(19));
  EXPECT_GT(slots_->PauseLeft("a", Soon()).value(), seconds(19));
}

TEST_P(SlotsTest, PauseReachesThoseWhoWaitAlready) {
  Limit({.total = 1, .per_lane = 1, .reserved = 0});
  const auto slot = Must(*slots_, Ask("a", true));
  absl::Status refused;
  std::thread patient([&] { refused = other_->Take(Ask("b", true, seconds(10))).status(); });
  EXPECT_TRUE(AwaitWaiting("urgent", 1));
  ASSERT_OK(slots_->Pause("", seconds(30), kGrowth, Soon()).status());
  patient.join();
  EXPECT_EQ(ReasonOf(refused), "SLOTS_PAUSED");
  slots_->Give(slot, false);
  EXPECT_EQ(server_.Command({"ZCARD", std::string(kPool) + ":urgent"}).integer(), 0);
}

TEST_P(SlotsTest, PauseOfUntoldLengthGrowsUntilASuccess) {
  Limit({});
  const auto pause = [&] { return slots_->Pause("a", std::nullopt, kGrowth, Soon()).value(); };
  const auto first = pause();
  EXPECT_GE(first, milliseconds(50));
  EXPECT_LE(first, milliseconds(100));
  EXPECT_LE(pause(), first) << "one more sign of the same trouble";
  server_.Command({"DEL", std::string(kPool) + ":pause:a"});  // what time does
  EXPECT_GE(pause(), milliseconds(100));
  for (int i = 0; i < 4; ++i) {
    server_.Command({"DEL", std::string(kPool) + ":pause:a"});
    EXPECT_LE(pause(), milliseconds(400));
  }
  server_.Command({"DEL", std::string(kPool) + ":pause:a"});
  const auto slot = Must(*slots_, Ask("a", true));
  slots_->Give(slot, true);
  EXPECT_TRUE(Eventually([&] { return server_.Command({"ZCARD", std::string(kPool) + ":taken"}).integer() == 0; }));
  EXPECT_LE(pause(), milliseconds(100));
}

TEST_P(SlotsTest, WithoutRedisTheAnswerComesSoonAndAllIsWellAfterwards) {
  Limit({.total = 1, .per_lane = 1, .reserved = 0});
  const auto held = Must(*slots_, Ask("a", true));
  std::thread waiter([&] {
    const auto refused = other_->Take(Ask("b", true, seconds(20))).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable) << refused;
  });
  EXPECT_TRUE(AwaitWaiting("urgent", 1));
  server_.Kill();
  waiter.join();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(slots_->Take(Ask("b", true, seconds(20))).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(2));
  server_.Restart();
  slots_->Give(held, true);
  EXPECT_TRUE(Eventually([&] { return slots_->Take(Ask("b", true, seconds(10))).ok(); }));
}

TEST_P(SlotsTest, FrozenRedisIsNotWaitedFor) {
  Limit({});
  slots_->Give(Must(*slots_, Ask("b", true)), true);
  server_.Freeze();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(slots_->Take(Ask("a", true, seconds(20))).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(2));
  server_.Thaw();
  EXPECT_TRUE(Eventually([&] { return slots_->Take(Ask("a", true, seconds(10))).ok(); }));
  EXPECT_TRUE(Eventually([&] {
    return server_.Command({"ZCARD", std::string(kPool) + ":taken"}).integer() == 1;
  })) << "what the lost call had taken is given back";
}

}  // namespace
}  // namespace crosspoint::testing
