#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "common/redis/client.h"
#include "meeting_sync/adapters/redis_feed_log.h"
#include "meeting_sync/adapters/redis_ports.h"
#include "meeting_sync/app/reasons.h"
#include "tests/support/redis_server.h"

// The smaller ports on real Redis.
namespace crosspoint::meeting_sync {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const TenantId kTenant{"acme"};
const UserId kUser{kTenant, "u42"};

class RedisPorts : public ::testing::Test {
 protected:
  // Asks until it holds, for what Redis does by its own clock.
  template <class Condition>
  static bool Eventually(Condition condition) {
    for (int i = 0; i < 1000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(milliseconds{5});
    }
    return false;
  }

  testing::RedisServer server_;
  RedisClient redis_{server_.config()};
};

TEST_F(RedisPorts, LeaseHasOneHolderAndAGrowingFence) {
  RedisReplicas pod_a(redis_, "pod-a", seconds{30});
  RedisReplicas pod_b(redis_, "pod-b", seconds{30});
  ASSERT_TRUE(pod_a.Beat().ok());
  RedisMailboxLeases a(redis_, pod_a, seconds{30});
  RedisMailboxLeases b(redis_, pod_b, seconds{30});
  const auto first = a.Acquire(kUser, [] {});
  ASSERT_TRUE(first.ok()) << first.status();
  const auto refused = b.Acquire(kUser, [] {});
  EXPECT_TRUE(HasReason(refused.status(), kLeaseHeld)) << refused.status();
  EXPECT_TRUE(MillisecondsIn(refused.status(), "remaining_ms"));
  a.Release(kUser, *first);
  const auto second = b.Acquire(kUser, [] {});
  ASSERT_TRUE(second.ok());
  EXPECT_GT(second->fence, first->fence);
}

TEST_F(RedisPorts, LeaseOfASilentReplicaIsTakenAwayAndItsHolderTold) {
  RedisReplicas pod_a(redis_, "pod-a", milliseconds{200});
  RedisReplicas pod_b(redis_, "pod-b", seconds{30});
  ASSERT_TRUE(pod_a.Beat().ok());
  RedisMailboxLeases a(redis_, pod_a, seconds{2});
  RedisMailboxLeases b(redis_, pod_b, seconds{30});
  std::atomic<int> lost{0};
  const auto first = a.Acquire(kUser, [&lost] { ++lost; });
  ASSERT_TRUE(first.ok());
  absl::StatusOr<MailboxLease> second;
  EXPECT_TRUE(Eventually([&] { return (second = b.Acquire(kUser, [] {})).ok(); }));
  ASSERT_TRUE(second.ok());
  EXPECT_GT(second->fence, first->fence);
  EXPECT_TRUE(Eventually([&] { return lost == 1; }));
}

TEST_F(RedisPorts, LossOfALeaseIsToldOnce) {
  RedisReplicas pod_a(redis_, "pod-a", seconds{30});
  RedisMailboxLeases leases(redis_, pod_a, milliseconds{300});
  std::atomic<int> lost{0};
  ASSERT_TRUE(leases.Acquire(kUser, [&lost] { ++lost; }).ok());
  server_.Command({"DEL", "cp:{meeting_sync:acme:u42}:lease"});
  EXPECT_TRUE(Eventually([&] { return lost == 1; }));
  EXPECT_TRUE(leases.Acquire(kUser, [] {}).ok());
}

TEST_F(RedisPorts, ReplicasSeeEachOtherUntilTheyFallSilent) {
  RedisReplicas a(redis_, "pod-a", seconds{30});
  RedisReplicas b(redis_, "pod-b", milliseconds{100});
  EXPECT_THAT(*b.Beat(), ElementsAre("pod-b"));
  EXPECT_THAT(*a.Beat(), ElementsAre("pod-a", "pod-b"));
  EXPECT_TRUE(Eventually([&] { return a.Beat()->size() == 1; }));
  b.Beat().IgnoreError();
  b.Leave();
  EXPECT_THAT(*a.Beat(), ElementsAre("pod-a"));
}

TEST_F(RedisPorts, NamesAreRememberedForAWeek) {
  RedisNameMemory names(redis_);
  ASSERT_TRUE(names.Remember(kUser, {{.key = KeyOf("far"), .item = {"far", "ck"}}}).ok());
  EXPECT_EQ((*names.Find(kUser, KeyOf("far")))->id, "far");
  EXPECT_FALSE(*names.Find(kUser, KeyOf("else")));
  EXPECT_FALSE(*names.Find({kTenant, "u4"}, KeyOf("far")));
  const auto key = "cp:{meeting_sync:acme:u42}:name:" + KeyOf("far").value;
  EXPECT_NEAR(static_cast<double>(server_.Command({"TTL", key}).integer()), 7 * 86400, 60);
}

TEST_F(RedisPorts, FeedIsReadFromAnyWatermark) {
  RedisFeedLog feed(redis_);
  EXPECT_EQ(*feed.Newest(kTenant), "0-0");
  ASSERT_TRUE(feed.Append(kUser, {MailboxFolder::kCalendar, MailboxFolder::kInbox}).ok());
  ASSERT_TRUE(feed.Append({kTenant, "u7"}, {MailboxFolder::kContacts}).ok());
  const auto all = feed.Read(kTenant, "0-0", 10);
  ASSERT_EQ(all->entries.size(), 3u);
  EXPECT_FALSE(all->gap);
  EXPECT_EQ(all->entries[0].folder, MailboxFolder::kCalendar);
  EXPECT_EQ(all->entries[1].folder, MailboxFolder::kInbox);
  EXPECT_EQ(all->entries[2].user.value, "u7");
  EXPECT_EQ(*feed.Newest(kTenant), all->entries[2].watermark);
  EXPECT_EQ(feed.Read(kTenant, all->entries[1].watermark, 10)->entries.size(), 1u);
  EXPECT_THAT(feed.Read(kTenant, all->entries[2].watermark, 10)->entries, IsEmpty());
  EXPECT_THAT(feed.Read(TenantId{"other"}, "0-0", 10)->entries, IsEmpty());
}

TEST_F(RedisPorts, FeedTellsAGap) {
  RedisFeedLog feed(redis_);
  ASSERT_TRUE(feed.Append(kUser, {MailboxFolder::kCalendar, MailboxFolder::kInbox}).ok());
  const auto all = feed.Read(kTenant, "0-0", 10);
  server_.Command({"XTRIM", "cp:{meeting_sync:acme}:feed", "MAXLEN", "=", "1"});
  EXPECT_TRUE(feed.Read(kTenant, all->entries[0].watermark, 10)->gap);
  EXPECT_FALSE(feed.Read(kTenant, all->entries[1].watermark, 10)->gap);
}

TEST_F(RedisPorts, FeedRefusesWhatIsNoWatermark) {
  RedisFeedLog feed(redis_);
  for (const auto* text : {"x", "1", "1-", "-1", "1-2-3", "99999999999999999999-0", "1-0 + COUNT", "(1-0"}) {
    EXPECT_EQ(feed.Read(kTenant, text, 1).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace crosspoint::meeting_sync
