#include "common/zmq/resync_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace crosspoint {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr SteadyTime kNow{std::chrono::hours(1)};

TEST(ResyncQueue, GivesWhatWasAskedForOnceAndInBatches) {
  ResyncQueue queue;
  for (const uint8_t shard : {9, 3, 3, 200}) queue.Add(ShardId{shard});
  EXPECT_THAT(queue.Take(kNow, 2), ElementsAre(ShardId{3}, ShardId{9}));
  EXPECT_THAT(queue.Take(kNow, 2), ElementsAre(ShardId{200}));
  EXPECT_THAT(queue.Take(kNow, 2), IsEmpty());
  EXPECT_EQ(queue.NextDue(), std::nullopt);
}

TEST(ResyncQueue, FailureRestsTheStoreTwiceAsLongEachTimeUpToTheLimit) {
  ResyncQueue queue({.first_delay = milliseconds(100), .max_delay = milliseconds(350)});
  auto now = kNow;
  for (const int delay : {100, 200, 350, 350}) {
    queue.Failed(std::vector{ShardId{3}}, now, 0);
    queue.Add(ShardId{5});
    EXPECT_THAT(queue.Take(now + milliseconds(delay - 1), 9), IsEmpty());
    EXPECT_EQ(queue.NextDue(), now + milliseconds(delay));
    now += milliseconds(delay);
    EXPECT_THAT(queue.Take(now, 9), ElementsAre(ShardId{3}, ShardId{5}));
  }
}

TEST(ResyncQueue, SuccessBringsTheShortDelayBack) {
  ResyncQueue queue({.first_delay = milliseconds(100), .max_delay = milliseconds(5000)});
  for (int i = 0; i < 5; ++i) queue.Failed(std::vector{ShardId{3}}, kNow, 0);
  queue.Succeeded();
  queue.Failed(std::vector{ShardId{3}}, kNow, 0);
  EXPECT_EQ(queue.NextDue(), kNow + milliseconds(100));
}

TEST(ResyncQueue, JitterShortensTheDelayByUpToHalf) {
  ResyncQueue queue({.first_delay = milliseconds(100), .max_delay = milliseconds(5000)});
  queue.Failed(std::vector{ShardId{3}}, kNow, 0.5);
  EXPECT_EQ(queue.NextDue(), kNow + milliseconds(75));
}

TEST(ResyncQueue, ManyFailuresDoNotOverflow) {
  ResyncQueue queue;
  for (int i = 0; i < 200; ++i) queue.Failed(std::vector{ShardId{3}}, kNow, 0);
  EXPECT_EQ(queue.NextDue(), kNow + milliseconds(1000));
}

}  // namespace
}  // namespace crosspoint
