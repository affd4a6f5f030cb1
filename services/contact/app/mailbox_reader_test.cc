#include "contact/app/mailbox_reader.h"

#include <gmock/gmock.h>

#include "common/status/status.h"
#include "common/tasks/manual_tasks.h"
#include "contact/app/fake_mailboxes.h"
#include "contact/app/fake_store.h"
#include "contact/app/mailbox_writer.h"
#include "contact/app/reasons.h"

namespace crosspoint::contact {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::SizeIs;

const UserId kAda{{"acme"}, "ada"};

class OneLease final : public MailboxLeases {
 public:
  absl::StatusOr<MailboxLease> Acquire(const UserId&) override {
    if (held) return Refused(absl::StatusCode::kFailedPrecondition, "LEASE_HELD", "another one has it");
    held = true;
    return MailboxLease{"1:me"};
  }
  void Release(const UserId&, const MailboxLease&) override { held = false; }
  bool held = false;
};

class Counting final : public SyncObserver {
 public:
  void OnPull(const absl::StatusOr<SyncReport>& outcome) override { ++(outcome.ok() ? pulls : failures); }
  void OnPush(const absl::Status& outcome) override { ++(outcome.ok() ? pushes : failures); }
  int pulls = 0;
  int pushes = 0;
  int failures = 0;
};

class Reading : public ::testing::Test {
 protected:
  Reading() {
    users_.Put({.id = kAda, .email = "ada@corp.example"});
    users_.Synced(kAda.tenant);
  }

  FakeStore store_;
  FakeMailboxes mailboxes_;
  SequentialIdSource ids_;
  std::string lines_;
  log::Logger log_{"contact", log::Level::kDebug, [this](std::string_view line) { lines_ += line; }};
  OneLease leases_;
  Counting counting_;
  ManualTasks tasks_;
  UserBook users_{{{kAda.tenant, Binding::kEws}}, {kAda.tenant}};
  MailboxSync sync_{mailboxes_, store_, ids_, {}, log_};
  int told_ = 0;
  MailboxReader reader_{{leases_, sync_, store_, users_, tasks_, counting_, log_, [this](const UserId&) { ++told_; }},
                        {.reconcile = std::chrono::hours{1},
                         .first_retry = milliseconds{500},
                         .max_retry = seconds{60},
                         .lease_retry = milliseconds{300}}};
};

TEST_F(Reading, AWokenMailboxIsReadOnceAndThenOnSchedule) {
  mailboxes_.Put("i1", {.display_name = "Mary"});
  reader_.Wake(kAda);
  reader_.Wake(kAda);
  tasks_.Run();
  EXPECT_EQ(counting_.pulls, 1);
  EXPECT_EQ(told_, 1);
  EXPECT_THAT(store_.contacts(kAda), SizeIs(1));
  store_.now_us += 1;
  tasks_.Advance(std::chrono::hours{1});
  EXPECT_EQ(counting_.pulls, 2);
}

TEST_F(Reading, ADownServerIsTriedAgainLessAndLessOften) {
  mailboxes_.trouble = absl::UnavailableError("down");
  reader_.Wake(kAda);
  tasks_.Run();
  EXPECT_EQ(counting_.failures, 1);
  EXPECT_EQ(tasks_.NextIn(), milliseconds{500});
  tasks_.Advance(milliseconds{500});
  EXPECT_EQ(tasks_.NextIn(), milliseconds{1000});
  tasks_.Advance(std::chrono::minutes{10});
  EXPECT_EQ(store_.LoadPoint(kAda)->problem, "read contact changes: down");
  mailboxes_.trouble = absl::OkStatus();
  tasks_.Advance(seconds{61});
  EXPECT_EQ(counting_.pulls, 1);
  EXPECT_EQ(store_.LoadPoint(kAda)->problem, "");
  EXPECT_NE(lines_.find("mailbox_read_again"), std::string::npos);
}

TEST_F(Reading, WhatAnotherReplicaReadAfterwardsIsNotReadAgain) {
  leases_.held = true;
  reader_.Wake(kAda);
  tasks_.Run();
  EXPECT_EQ(counting_.pulls, 0);
  // The other one began after we had heard.
  SyncCommit theirs;
  theirs.sync_state = "s0";
  theirs.begun_us = store_.now_us + 1;
  ASSERT_TRUE(store_.Commit(kAda, {"1:me"}, theirs).ok());
  leases_.held = false;
  tasks_.Advance(milliseconds{300});
  EXPECT_EQ(counting_.pulls, 0);
  store_.now_us += 10;
  reader_.Wake(kAda);
  tasks_.Run();
  EXPECT_EQ(counting_.pulls, 1);
}

TEST_F(Reading, WhatSomebodyElseGotInTheWayOfIsTriedAgainSoonAndQuietly) {
  mailboxes_.Put("i1", {.display_name = "Mary"});
  store_.valid_token = "2:another";
  reader_.Wake(kAda);
  tasks_.Run();
  EXPECT_THAT(store_.contacts(kAda), SizeIs(0));
  store_.valid_token = "1:me";
  tasks_.Advance(milliseconds{300});
  EXPECT_THAT(store_.contacts(kAda), SizeIs(1));
  EXPECT_EQ(lines_.find("mailbox_unreadable"), std::string::npos);
}

TEST_F(Reading, AUserWithoutMailboxIsLeftAlone) {
  users_.Put({.id = kAda, .email = "ada@corp.example", .binding = Binding::kNone});
  reader_.Wake(kAda);
  tasks_.Run();
  EXPECT_EQ(counting_.pulls + counting_.failures, 0);
  EXPECT_EQ(tasks_.size(), 0u);
}

TEST_F(Reading, ADeliveryWaitsForTheUsersTheLeaseAndTheServer) {
  UserBook unknown({{kAda.tenant, Binding::kEws}}, {kAda.tenant});
  const auto told = [](const UserId&) {};
  MailboxWriter early({leases_, sync_, store_, unknown, counting_, told});
  EXPECT_TRUE(absl::IsUnavailable(early.Deliver(kAda, "c1")));
  unknown.Synced(kAda.tenant);
  EXPECT_TRUE(early.Deliver(kAda, "c1").ok()) << "no mailbox, nothing to do";

  MailboxWriter writer({leases_, sync_, store_, users_, counting_, told});
  leases_.held = true;
  EXPECT_TRUE(absl::IsUnavailable(writer.Deliver(kAda, "c1")));
  leases_.held = false;
  mailboxes_.trouble = absl::UnavailableError("down");
  EXPECT_TRUE(absl::IsUnavailable(writer.Deliver(kAda, "c1")));
  EXPECT_FALSE(leases_.held);
  mailboxes_.trouble = absl::OkStatus();
  EXPECT_TRUE(writer.Deliver(kAda, "c1").ok());
}

}  // namespace
}  // namespace crosspoint::contact
