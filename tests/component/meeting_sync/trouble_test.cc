#include <signal.h>

#include "tests/component/meeting_sync/world.h"

// What breaks heals: each part goes away and comes back, and no claim is missing or wrong afterwards.
namespace crosspoint::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class Trouble : public MeetingSyncWorld {};

TEST_F(Trouble, ExchangeAwayAtStartIsWaitedForAndSaidOnce) {
  gate_.Cut();
  Create(Meeting("waits", In(hours{1})));
  const auto service = StartService();
  service->AwaitPorts();
  ASSERT_TRUE(Eventually([&] { return service->LogCount("exchange_unreachable") > 0; }));
  const auto [status, body] = service->Get("/healthz");
  EXPECT_EQ(status, 503);
  EXPECT_NE(body.find("exchange"), std::string::npos) << body;
  gate_.Restore();
  EXPECT_TRUE(service->AwaitReady());
  EXPECT_TRUE(presence_.AwaitClaim(kAda, In(hours{1})));
  EXPECT_EQ(service->LogCount("exchange_unreachable"), 1);
  EXPECT_EQ(service->LogCount("exchange_reachable"), 1);
}

TEST_F(Trouble, ExchangeAwayLaterKeepsTheServiceReadyAndIsCaughtUp) {
  const auto service = StartSettled();
  gate_.Cut();
  Create(Meeting("meanwhile", In(hours{1})));
  ASSERT_TRUE(Eventually([&] { return service->LogCount("exchange_unreachable") == 1; }));
  EXPECT_EQ(service->Get("/healthz").first, 200);
  gate_.Restore();
  EXPECT_TRUE(presence_.AwaitClaim(kAda, In(hours{1})));
}

TEST_F(Trouble, CutStreamsAndLostSubscriptionsMissNothing) {
  const auto service = StartSettled();
  int i = 1;
  for (const auto* fault : {"/sim/cut-streams", "/sim/drop-subscriptions", "/sim/cut-streams"}) {
    exchange_.Post(fault);
    Create(Meeting("after trouble", In(hours{i})));
    EXPECT_TRUE(presence_.AwaitClaim(kAda, In(hours{i}))) << fault;
    ++i;
  }
}

TEST_F(Trouble, MailboxThatMayNotBeSubscribedIsReadOnScheduleAndSaysWhy) {
  exchange_.Post("/sim/faults",
                 R"({"operation": "Subscribe", "kind": "fault", "code": "ErrorMailboxStoreUnavailable", "count": 7})");
  Create(Meeting("read without a feed", In(hours{1})));
  const auto service = StartService();
  EXPECT_TRUE(presence_.AwaitClaim(kAda, In(hours{1}), milliseconds(2500)));
  EXPECT_NE(redis_.Command({"HGET", "cp:{meeting_sync:acme:ada}:sync", "problem"}).text().find("change feed"),
            std::string::npos);
  Create(Meeting("told by the feed", In(hours{2})));
  EXPECT_TRUE(presence_.AwaitClaim(kAda, In(hours{2})));
  EXPECT_TRUE(Eventually([&] {
    return redis_.Command({"HGET", "cp:{meeting_sync:acme:ada}:sync", "problem"}).text().empty();
  }));
}

TEST_F(Trouble, LostSyncStateDeletesNothing) {
  const auto service = StartSettled();
  for (int i = 1; i <= 5; ++i) Create(Meeting("stays", In(hours{i})));
  ASSERT_TRUE(presence_.AwaitCount(kAda, 5));
  exchange_.Post("/sim/expire-sync-states");
  Create(Meeting("new", In(hours{6})));
  ASSERT_TRUE(presence_.AwaitCount(kAda, 6));
  EXPECT_EQ(presence_.deletes(), 0);
  EXPECT_EQ(service->LogCount("sync_state_lost"), 1);
}

TEST_F(Trouble, BusyServerIsLeftAloneForAsLongAsItAsks) {
  const auto service = StartSettled();
  exchange_.Post("/sim/faults",
                 R"({"operation": "SyncFolderItems", "kind": "server_busy", "back_off_ms": 1500, "count": 1})");
  const auto begin = std::chrono::steady_clock::now();
  Create(Meeting("later", In(hours{1})));
  EXPECT_TRUE(presence_.AwaitClaim(kAda, In(hours{1})));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(1500));
}

TEST_F(Trouble, PresenceAwayGetsItsClaimsWhenItIsBack) {
  const auto service = StartSettled();
  presence_.Stop();
  const auto id = Create(Meeting("one", In(hours{1})));
  Create(Meeting("two", In(hours{2})));
  ASSERT_TRUE(Eventually([&] { return redis_.Command({"HLEN", "cp:{meeting_sync:acme:ada}:claims"}).integer() == 2; }));
  Delete(id);
  presence_.Start();
  EXPECT_TRUE(presence_.AwaitClaim(kAda, In(hours{2})));
  EXPECT_TRUE(presence_.AwaitCount(kAda, 1));
}

TEST_F(Trouble, RedisKilledLosesNothing) {
  const auto service = StartSettled();
  Create(Meeting("before", In(hours{1})));
  ASSERT_TRUE(presence_.AwaitClaim(kAda, In(hours{1})));
  redis_.Kill();
  Create(Meeting("during", In(hours{2})));
  ASSERT_TRUE(Eventually([&] { return service->Get("/healthz").first == 503; }));
  redis_.Restart();
  EXPECT_TRUE(service->AwaitReady());
  EXPECT_TRUE(presence_.AwaitClaim(kAda, In(hours{2}), seconds(20)));
  EXPECT_EQ(presence_.deletes(), 0);
}

TEST_F(Trouble, KilledReaderIsReplacedByAnotherReplica) {
  directory_.Put("bob", kBobAddress);
  auto first = StartSettled();
  ASSERT_TRUE(AwaitRead(kBob));
  const auto second = StartService();
  second->AwaitPorts();
  ASSERT_TRUE(second->AwaitReady());
  first->Signal(SIGKILL);
  first->Wait();
  Create(Meeting("ada's", In(hours{1})));
  Create(Meeting("bob's", In(hours{1})), kBobAddress);
  EXPECT_TRUE(presence_.AwaitClaim(kAda, In(hours{1})));
  EXPECT_TRUE(presence_.AwaitClaim(kBob, In(hours{1})));
}

TEST_F(Trouble, KilledServiceGoesOnAfterItsRestart) {
  auto service = StartSettled();
  service->Signal(SIGKILL);
  service->Wait();
  Create(Meeting("while nobody reads", In(hours{1})));
  service = StartService();
  EXPECT_TRUE(presence_.AwaitClaim(kAda, In(hours{1}))) << "long before the dead one's lease runs out";
}

TEST_F(Trouble, OrderlyEndHandsMailboxesOverAtOnce) {
  directory_.Put("bob", kBobAddress);
  auto first = StartSettled();
  ASSERT_TRUE(AwaitRead(kBob));
  first->Signal(SIGTERM);
  EXPECT_EQ(first->Wait(), 0) << first->log();
  EXPECT_EQ(
      redis_.Command({"EXISTS", "cp:{meeting_sync:acme:ada}:lease", "cp:{meeting_sync:acme:bob}:lease"}).integer(), 0);
  EXPECT_EQ(redis_.Command({"ZCARD", "cp:{meeting_sync:_}:replicas"}).integer(), 0);
}

TEST_F(Trouble, OrderlyEndDoesNotWaitForAServerThatHangs) {
  auto service = StartSettled();
  exchange_.Post("/sim/faults", R"({"operation": "SyncFolderItems", "kind": "delay", "delay_ms": 40000, "count": 4})");
  Create(Meeting("read too slowly", In(hours{1})));
  ASSERT_TRUE(Eventually([&] { return exchange_.Get("/sim/stats").find("\"delay\":") != std::string::npos; }));
  const auto begin = std::chrono::steady_clock::now();
  service->Signal(SIGTERM);
  EXPECT_EQ(service->Wait(), 0) << service->log();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(10));
  EXPECT_EQ(redis_.Command({"HGET", "cp:{meeting_sync:acme:ada}:sync", "problem"}).text(), "");
  exchange_.ForgetFaults();
  service = StartService();
  EXPECT_TRUE(presence_.AwaitClaim(kAda, In(hours{1})));
}

TEST_F(Trouble, FrozenReaderCannotWriteAfterItsLease) {
  auto first = StartSettled();
  first->Signal(SIGSTOP);
  const auto second = StartService();
  second->AwaitPorts();
  ASSERT_TRUE(second->AwaitReady());
  Create(Meeting("seen by the second", In(hours{1})));
  ASSERT_TRUE(presence_.AwaitClaim(kAda, In(hours{1}), seconds(15)));
  const auto fence = redis_.Command({"HGET", "cp:{meeting_sync:acme:ada}:sync", "fence"}).text();
  first->Signal(SIGCONT);
  // Awake again it finds out that it has lost; what stands in the store is the second's until it has given it back.
  Create(Meeting("after the thaw", In(hours{2})));
  EXPECT_TRUE(presence_.AwaitClaim(kAda, In(hours{2})));
  EXPECT_GE(std::stoi(redis_.Command({"HGET", "cp:{meeting_sync:acme:ada}:sync", "fence"}).text()), std::stoi(fence));
  EXPECT_EQ(presence_.deletes(), 0);
}

TEST_F(Trouble, WrongPasswordIsSaidAndDoesNotStopTheProcess) {
  exchange_.Post("/sim/mailboxes", R"({"email": "x@corp.example", "display_name": "x"})");
  auto yaml = Yaml();
  yaml.replace(yaml.find("user: svc"), 9, "user: nob");
  ServiceProcess service(yaml);
  service.AwaitPorts();
  ASSERT_TRUE(Eventually([&] { return service.LogCount("exchange_unreachable") == 1; }));
  EXPECT_EQ(service.Get("/healthz").first, 503);
  EXPECT_NE(service.log().find("not accepted"), std::string::npos);
}

}  // namespace
}  // namespace crosspoint::testing
