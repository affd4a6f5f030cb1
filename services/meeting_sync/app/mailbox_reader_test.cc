#include "meeting_sync/app/mailbox_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "meeting_sync/app/breaking_mailboxes.h"
#include "meeting_sync/app/fakes.h"
#include "meeting_sync/app/mailbox_moved.h"

namespace crosspoint::meeting_sync {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::Pair;

const UserId kUser{TenantId{"acme"}, "u42"};
class OneServer final : public MailServers {
  MailServer ServerOf(const Mailbox& mailbox) override { return {mailbox.user.tenant, ""}; }
};

const Mailbox kMailbox{kUser, "ada@acme.test"};

class MailboxReaderTest : public ::testing::Test {
 protected:
  ~MailboxReaderTest() override {
    reader_->Stop();
    tasks_.Run();
  }

  void Put(const std::string& id) {
    calendar_.Put({.item = {id, "1"}, .start = clock_.Now() + minutes{60}, .end = clock_.Now() + minutes{90}});
  }
  size_t ClaimCount() { return store_.Delivered(kUser).size(); }
  void Start() {
    reader_->Start();
    tasks_.Run();
  }
  absl::Status BackOff(int ms) {
    return ErrorWithInfo(
        absl::StatusCode::kResourceExhausted, "busy",
        {.reason = "EWS_SERVER_BUSY", .domain = "ews.crosspoint", .metadata = {{"back_off_ms", std::to_string(ms)}}});
  }

  FakeClock clock_;
  log::Logger log_{"test", log::Level::kError};
  FakeCalendar calendar_;
  FakeMeetings meetings_;
  FakeChangeFeed feed_;
  ManualTasks tasks_;
  OneServer servers_;
  TenantHealth health_{{{TenantId{"acme"}, ""}}, log_, [this] { return tasks_.Now(); }};
  BreakingMailboxes mailboxes_{calendar_, meetings_, feed_, servers_, health_};
  FakeSyncStore store_;
  MailboxSync sync_{mailboxes_, store_, clock_, log_};
  FakeLeaseTable table_;
  FakeLeases leases_{table_, "pod-a"};
  FakeFeedLog feed_log_;
  ReaderObserver observer_;
  MailboxReader::Parts parts_{leases_, mailboxes_, sync_, store_, feed_log_,
                              tasks_,  observer_,  log_,  {},     [] { return 0.5; }};
  std::shared_ptr<MailboxReader> reader_ = std::make_shared<MailboxReader>(parts_, kMailbox);
};

TEST_F(MailboxReaderTest, BeginsWithLeaseThenFeedThenEverything) {
  Put("a");
  Start();
  EXPECT_TRUE(reader_->holding());
  EXPECT_TRUE(feed_.IsOpen(kUser));
  EXPECT_EQ(ClaimCount(), 1u);
  EXPECT_EQ(feed_log_.entries.size(), 4u) << "nobody knows what happened before: all folders";
  EXPECT_TRUE(health_.Ready().ok());
}

TEST_F(MailboxReaderTest, NotificationIsReadAtOnce) {
  Start();
  Put("a");
  feed_.Tell(kUser, MailboxFolder::kCalendar);
  tasks_.Run();
  EXPECT_EQ(ClaimCount(), 1u);
  EXPECT_EQ(feed_log_.entries.size(), 5u);
}

TEST_F(MailboxReaderTest, OtherFoldersGoToTheFeedOnly) {
  Start();
  const auto reads = calendar_.reads;
  feed_.Tell(kUser, MailboxFolder::kInbox);
  feed_.Tell(kUser, MailboxFolder::kInbox);
  tasks_.Run();
  EXPECT_EQ(calendar_.reads, reads);
  EXPECT_EQ(feed_log_.entries.size(), 5u);
  EXPECT_THAT(feed_log_.entries, Contains(Pair(kUser, MailboxFolder::kInbox)));
}

TEST_F(MailboxReaderTest, LostNotificationIsFoundOnSchedule) {
  Start();
  Put("a");
  tasks_.Advance(minutes{4});
  EXPECT_EQ(ClaimCount(), 0u);
  tasks_.Advance(minutes{2});
  EXPECT_EQ(ClaimCount(), 1u);
}

TEST_F(MailboxReaderTest, LossIsMetByReadingEverything) {
  Start();
  Put("a");
  feed_.Gap(kUser);
  tasks_.Run();
  EXPECT_EQ(feed_.opens, 1);
  EXPECT_EQ(ClaimCount(), 1u);
  EXPECT_EQ(feed_log_.entries.size(), 8u);
}

TEST_F(MailboxReaderTest, FirstLookWaitsForTheFeed) {
  feed_.silent = true;
  Put("a");
  Start();
  tasks_.Advance(minutes{1});
  EXPECT_EQ(calendar_.reads, 0);
  feed_.Gap(kUser);
  tasks_.Run();
  EXPECT_EQ(ClaimCount(), 1u);
}

TEST_F(MailboxReaderTest, MailboxWithoutAFeedIsReadOnSchedule) {
  feed_.silent = true;
  Put("a");
  Start();
  tasks_.Advance(minutes{6});
  EXPECT_EQ(ClaimCount(), 1u);
  Put("b");
  tasks_.Advance(minutes{6});
  EXPECT_EQ(ClaimCount(), 2u);
}

TEST_F(MailboxReaderTest, TroubleOfTheFeedIsNotedUntilItIsOver) {
  feed_.silent = true;
  Put("a");
  Start();
  feed_.Trouble(kUser, absl::FailedPreconditionError("too many subscriptions"));
  tasks_.Run();
  EXPECT_EQ(ClaimCount(), 1u) << "read in spite of it";
  EXPECT_EQ(store_.LoadPoint(kUser)->problem, "change feed: too many subscriptions");
  tasks_.Advance(minutes{6});
  EXPECT_EQ(store_.LoadPoint(kUser)->problem, "change feed: too many subscriptions");
  feed_.Gap(kUser);
  tasks_.Run();
  EXPECT_EQ(store_.LoadPoint(kUser)->problem, "");
}

TEST_F(MailboxReaderTest, ManyNotificationsLeaveOneTimer) {
  Start();
  for (int i = 0; i < 100; ++i) {
    feed_.Tell(kUser, MailboxFolder::kCalendar);
    tasks_.Advance(milliseconds{100});
  }
  EXPECT_LE(tasks_.size(), 2u);
}

TEST_F(MailboxReaderTest, BackOffOfTheServerIsHonouredExactly) {
  Start();
  calendar_.Fail(BackOff(30'000));
  Put("a");
  feed_.Tell(kUser, MailboxFolder::kCalendar);
  tasks_.Run();
  const auto reads = calendar_.reads;
  feed_.Tell(kUser, MailboxFolder::kCalendar);  // more news must not break the silence
  tasks_.Advance(milliseconds{29'999});
  EXPECT_EQ(calendar_.reads, reads);
  tasks_.Advance(milliseconds{1});
  EXPECT_EQ(ClaimCount(), 1u);
}

TEST_F(MailboxReaderTest, ServerAwayAtStartIsTriedAgainUntilItAnswers) {
  feed_.failure = absl::UnavailableError("connection refused");
  Put("a");
  Start();
  EXPECT_FALSE(health_.Ready().ok());
  EXPECT_EQ(store_.LoadPoint(kUser)->problem, "open change feed: connection refused");
  tasks_.Advance(seconds{1});
  EXPECT_EQ(health_.tenants_down(), 1);
  tasks_.Advance(minutes{5});
  EXPECT_GT(feed_.opens, 6);
  EXPECT_LT(feed_.opens, 30);
  feed_.failure = absl::OkStatus();
  tasks_.Advance(minutes{2});
  EXPECT_TRUE(health_.Ready().ok());
  EXPECT_EQ(health_.tenants_down(), 0);
  EXPECT_EQ(ClaimCount(), 1u);
  EXPECT_EQ(store_.LoadPoint(kUser)->problem, "");
}

TEST_F(MailboxReaderTest, StoreTroubleIsNotTheServers) {
  Start();
  leases_.Lose(kUser);
  leases_.failure = ErrorWithInfo(absl::StatusCode::kUnavailable, "no connection",
                                  {.reason = "REDIS_UNAVAILABLE", .domain = "redis.crosspoint"});
  tasks_.Advance(minutes{1});
  EXPECT_EQ(health_.tenants_down(), 0);
  EXPECT_FALSE(reader_->holding());
  leases_.failure = absl::OkStatus();
  tasks_.Advance(minutes{2});
  EXPECT_TRUE(reader_->holding());
}

TEST_F(MailboxReaderTest, LostLeaseEndsTheStreamAndIsTakenAgain) {
  Start();
  leases_.Lose(kUser);
  tasks_.Run();
  EXPECT_TRUE(feed_.IsOpen(kUser)) << "free again, so taken again at once";
  EXPECT_EQ(feed_.opens, 2);
  EXPECT_EQ(table_.held.at(kUser).fence, 2u);
}

TEST_F(MailboxReaderTest, WaitsWhileAnotherReplicaHasTheLease) {
  FakeLeases other(table_, "pod-b");
  const auto lease = other.Acquire(kUser, [] {});
  ASSERT_TRUE(lease.ok());
  Start();
  EXPECT_FALSE(reader_->holding());
  EXPECT_EQ(feed_.opens, 0);
  other.Release(kUser, *lease);
  tasks_.Advance(seconds{3});
  EXPECT_TRUE(reader_->holding());
}

TEST_F(MailboxReaderTest, FencedWriterStopsReading) {
  Start();
  store_.Fence(kUser, 7);
  table_.held.erase(kUser);
  FakeLeases other(table_, "pod-b");
  ASSERT_TRUE(other.Acquire(kUser, [] {}).ok());
  Put("a");
  feed_.Tell(kUser, MailboxFolder::kCalendar);
  tasks_.Run();
  EXPECT_FALSE(reader_->holding());
  EXPECT_FALSE(feed_.IsOpen(kUser));
  EXPECT_EQ(ClaimCount(), 0u);
}

TEST_F(MailboxReaderTest, StopGivesTheLeaseBack) {
  Start();
  bool done = false;
  reader_->Stop([&done] { done = true; });
  tasks_.Run();
  EXPECT_TRUE(done);
  EXPECT_TRUE(table_.held.empty());
  EXPECT_FALSE(feed_.IsOpen(kUser));
  EXPECT_EQ(ClaimCount(), 0u);
}

TEST_F(MailboxReaderTest, RetireTakesTheClaimsBack) {
  Put("a");
  Start();
  ASSERT_EQ(ClaimCount(), 1u);
  bool done = false;
  reader_->Retire([&done] { done = true; });
  tasks_.Run();
  EXPECT_TRUE(done);
  EXPECT_EQ(ClaimCount(), 0u);
  EXPECT_TRUE(table_.held.empty());
}

TEST_F(MailboxReaderTest, MovedMailboxIsFollowed) {
  Start();
  feed_.Trouble(kUser, Refused(absl::StatusCode::kFailedPrecondition, kMailboxMoved, "not here any more"));
  tasks_.Run();
  EXPECT_EQ(feed_.opens, 2);
  EXPECT_TRUE(feed_.IsOpen(kUser));
  Put("a");
  feed_.Tell(kUser, MailboxFolder::kCalendar);
  tasks_.Run();
  EXPECT_EQ(ClaimCount(), 1u);
}

TEST_F(MailboxReaderTest, NewAddressBeginsAnew) {
  Start();
  reader_->SetMailbox({kUser, "ada.new@acme.test"});
  tasks_.Run();
  EXPECT_EQ(feed_.opens, 2);
}

}  // namespace
}  // namespace crosspoint::meeting_sync
