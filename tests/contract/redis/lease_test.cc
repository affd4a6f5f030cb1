#include "common/redis/lease.h"

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

#include "tests/contract/redis/fixture.h"

namespace crosspoint::testing {
namespace {

constexpr char kKey[] = "cp:{meeting_sync:acme:u42}:lease:feed";

class LeaseTest : public BothServers {
 protected:
  LeaseTest() : server_(Options()), client_(server_.config()), leases_(client_) {}

  Lease MustAcquire(const std::string& holder, milliseconds ttl = seconds(30)) {
    auto lease = leases_.Acquire(kKey, holder, ttl, Soon());
    EXPECT_OK(lease.status());
    return lease.ok() ? *lease : Lease{};
  }

  RedisServer server_;
  RedisClient client_;
  Leases leases_;
};
CROSSPOINT_ON_BOTH_SERVERS(LeaseTest);

TEST_P(LeaseTest, SecondHolderIsToldWhoHasIt) {
  const auto lease = MustAcquire("a");
  EXPECT_EQ(lease.fence, 1U);
  const auto status = leases_.Acquire(kKey, "b", seconds(30), Soon()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_EQ(ReasonOf(status), "LEASE_HELD");
  EXPECT_EQ(GetErrorInfo(status)->metadata.at("holder"), "a");
}

TEST_P(LeaseTest, RepeatedAcquireOfItsHolderKeepsTheFence) {
  const auto first = MustAcquire("a", seconds(5));
  const auto again = MustAcquire("a", seconds(60));
  EXPECT_EQ(again.fence, first.fence);
  EXPECT_EQ(again.token, first.token);
  EXPECT_GT(server_.Command({"PTTL", kKey}).integer(), 50'000);
}

TEST_P(LeaseTest, FenceGrowsOverReleaseExpiryAndRestart) {
  const auto first = MustAcquire("a");
  ASSERT_OK(leases_.Release(first, Soon()));
  const auto second = MustAcquire("b");
  EXPECT_GT(second.fence, first.fence);
  server_.Command({"DEL", kKey});  // what expiry does
  const auto third = MustAcquire("a");
  EXPECT_GT(third.fence, second.fence);
  ASSERT_OK(leases_.Release(third, Soon()));
  server_.Kill();
  server_.Restart();
  EXPECT_GT(MustAcquire("c").fence, third.fence);
}

TEST_P(LeaseTest, LostLeaseIsNeitherRenewedNorReleased) {
  const auto old = MustAcquire("a");
  server_.Command({"DEL", kKey});
  EXPECT_EQ(ReasonOf(leases_.Renew(old, Soon())), "LEASE_LOST");
  const auto fresh = MustAcquire("b");
  EXPECT_EQ(leases_.Renew(old, Soon()).code(), absl::StatusCode::kAborted);
  EXPECT_OK(leases_.Release(old, Soon()));
  EXPECT_EQ(server_.Command({"GET", kKey}).text(), fresh.token);
  EXPECT_OK(leases_.Renew(fresh, Soon()));
}

TEST_P(LeaseTest, ScriptsOfAFormerOwnerAreFencedOff) {
  const RedisScript write("write", R"lua(
    if redis.call('GET', KEYS[2]) ~= ARGV[1] then return redis.error_reply('FENCED lease lost') end
    return redis.call('SET', KEYS[1], ARGV[2])
  )lua");
  const std::string data = "cp:{meeting_sync:acme:u42}:watermark";
  const auto old = MustAcquire("a");
  EXPECT_OK(client_.RunScriptDurable(write, {data, old.key}, {old.token, "1"}, Soon()).status());
  server_.Command({"DEL", kKey});
  const auto fresh = MustAcquire("b");
  EXPECT_OK(client_.RunScriptDurable(write, {data, fresh.key}, {fresh.token, "2"}, Soon()).status());
  EXPECT_EQ(ReasonOf(client_.RunScriptDurable(write, {data, old.key}, {old.token, "3"}, Soon()).status()), "FENCED");
  EXPECT_EQ(server_.Command({"GET", data}).text(), "2");
}

TEST_P(LeaseTest, OneOfManyWinsAtATime) {
  std::atomic<int> inside{0};
  std::atomic<int> overlaps{0};
  std::atomic<int> turns{0};
  std::vector<std::thread> contenders;
  for (int i = 0; i < 6; ++i) {
    contenders.emplace_back([&, holder = "h" + std::to_string(i)] {
      while (turns < 60) {
        const auto lease = leases_.Acquire(kKey, holder, seconds(30), Soon());
        if (!lease.ok()) continue;
        if (++inside != 1) ++overlaps;
        ++turns;
        --inside;
        EXPECT_OK(leases_.Release(*lease, Soon()));
      }
    });
  }
  for (auto& contender : contenders) contender.join();
  EXPECT_EQ(overlaps, 0);
}

TEST_P(LeaseTest, KeeperRenewsBeyondTheTimeToLive) {
  LeaseKeeper keeper(client_);
  std::atomic<bool> lost{false};
  const auto lease = MustAcquire("a", milliseconds(300));
  keeper.Keep(lease, [&](const Lease&) { lost = true; });
  std::this_thread::sleep_for(milliseconds(700));  // more than two lives of Redis's own clock
  EXPECT_FALSE(lost);
  EXPECT_EQ(server_.Command({"GET", kKey}).text(), lease.token);
  EXPECT_OK(keeper.Release(lease, Soon()));
  EXPECT_EQ(server_.Command({"EXISTS", kKey}).integer(), 0);
  EXPECT_EQ(keeper.size(), 0U);
}

TEST_P(LeaseTest, KeeperTellsOfALeaseTakenAwayOnce) {
  LeaseKeeper keeper(client_);
  std::atomic<int> lost{0};
  const auto lease = MustAcquire("a", milliseconds(300));
  keeper.Keep(lease, [&](const Lease& which) {
    EXPECT_EQ(which.token, lease.token);
    ++lost;
  });
  server_.Command({"SET", kKey, "9:b"});
  EXPECT_TRUE(Eventually([&] { return lost == 1; }));
  EXPECT_EQ(keeper.size(), 0U);
}

TEST_P(LeaseTest, KeeperGivesUpBeforeALeaseItCannotRenewRunsOutAndCanBeginAnew) {
  LeaseKeeper keeper(client_);
  std::latch lost(1);
  const auto lease = MustAcquire("a", milliseconds(600));
  keeper.Keep(lease, [&](const Lease&) { lost.count_down(); });
  server_.Freeze();
  lost.wait();
  EXPECT_LT(std::chrono::steady_clock::now(), lease.valid_until + milliseconds(600))
      << "one renewal at most can have succeeded";
  server_.Thaw();
  EXPECT_TRUE(Eventually([&] { return leases_.Acquire(kKey, "b", seconds(1), In(seconds(1))).ok(); }));
}

TEST_P(LeaseTest, KeeperKeepsLeasesThroughAShortOutage) {
  LeaseKeeper keeper(client_);
  std::atomic<bool> lost{false};
  const auto lease = MustAcquire("a", seconds(3));
  keeper.Keep(lease, [&](const Lease&) { lost = true; });
  server_.Kill();
  server_.Restart();
  ASSERT_TRUE(Eventually([&] { return client_.connected(); }));
  EXPECT_TRUE(Eventually([&] { return server_.Command({"PTTL", kKey}).integer() > 2000; }));
  EXPECT_TRUE(Eventually([&] { return std::chrono::steady_clock::now() > lease.valid_until; }));
  EXPECT_FALSE(lost);
  EXPECT_EQ(server_.Command({"GET", kKey}).text(), lease.token);
}

}  // namespace
}  // namespace crosspoint::testing
