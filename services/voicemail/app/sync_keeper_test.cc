#include "voicemail/app/sync_keeper.h"

#include <gmock/gmock.h>

#include "common/tasks/manual_tasks.h"
#include "voicemail/app/fakes.h"

namespace crosspoint::voicemail {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const UserId kAda{TenantId{"acme"}, "ada"};

class CountingObserver final : public SyncObserver {
 public:
  int ok = 0;
  int failed = 0;
  void OnRun(const absl::Status& status, const CopySyncReport&) override { ++(status.ok() ? ok : failed); }
};

class Keeper : public ::testing::Test {
 protected:
  Keeper() {
    users_.Put({.id = kAda, .display_name = "Ada", .email = "ada@corp.example"});
    users_.Synced(kAda.tenant);
    keeper_.Start();
  }
  void AddCopy() {
    EXPECT_TRUE(store_.PutSettings(kAda, {.type = DeliveryType::kSynced}).ok());
    NewMessage add{.max_messages = 100};
    add.message.id.value = "v1";
    EXPECT_TRUE(store_.Add(kAda, add).ok());
  }

  FakeClock clock_;
  FakeStore store_;
  FakeMailboxes exchange_;
  FakeChanges changes_;
  ManualTasks tasks_;
  CountingObserver seen_;
  UserBook users_{{{kAda.tenant, TenantRules{}}}};
  log::Logger log_{"voicemail", log::Level::kError, [](std::string_view) {}};
  CopySync sync_{store_, exchange_, changes_, clock_, log_};
  SyncKeeper keeper_{{sync_, store_, users_, tasks_, seen_, log_, SyncTiming{}, [] { return 1.0; }}};
};

TEST_F(Keeper, MailboxesWithoutCopiesAreLeftAlone) {
  keeper_.InboxChanged(kAda);
  keeper_.LookAtAll(kAda.tenant);
  tasks_.Run();
  EXPECT_EQ(seen_.ok, 0);
}

TEST_F(Keeper, AChangedInboxIsLookedAtOnceForManyWords) {
  AddCopy();
  for (int i = 0; i < 10; ++i) keeper_.InboxChanged(kAda);
  tasks_.Run();
  EXPECT_GE(seen_.ok, 1);
  EXPECT_LE(seen_.ok, 2);
}

TEST_F(Keeper, OtherFoldersMatterOnlyToThoseWhoHaveCopiesThere) {
  AddCopy();
  const auto made = exchange_.Create(*users_.MailboxOf(kAda), **store_.Get(kAda, {"v1"}));
  ASSERT_TRUE(store_.CopyWritten(kAda, **store_.GetCopy(kAda, {"v1"}), *made).ok());
  keeper_.LookAtAll(kAda.tenant);
  tasks_.Run();
  const auto before = seen_.ok;
  keeper_.OtherFolderChanged(kAda);
  tasks_.Run();
  EXPECT_EQ(seen_.ok, before) << "the copy is in the Inbox";

  exchange_.MoveByHand({"v1"}, CopyPlace::kElsewhere);
  keeper_.InboxChanged(kAda);
  tasks_.Run();
  exchange_.MoveByHand({"v1"}, CopyPlace::kDeletedItems);
  keeper_.OtherFolderChanged(kAda);
  tasks_.Run();
  EXPECT_EQ(seen_.ok, before + 2);
  EXPECT_TRUE((*store_.Get(kAda, {"v1"}))->delete_time.has_value());
}

TEST_F(Keeper, KnownCopiesAreLookedAtEveryFewMinutes) {
  AddCopy();
  keeper_.LookAtAll(kAda.tenant);
  tasks_.Run();
  EXPECT_EQ(seen_.ok, 1);
  tasks_.Advance(minutes{5});
  EXPECT_EQ(seen_.ok, 2);
  tasks_.Advance(minutes{5});
  EXPECT_EQ(seen_.ok, 3);
}

TEST_F(Keeper, TroubleIsTriedAgainEverLessOftenUntilItIsOver) {
  AddCopy();
  exchange_.failure = absl::UnavailableError("away");
  keeper_.InboxChanged(kAda);
  tasks_.Run();
  EXPECT_EQ(seen_.failed, 1);
  tasks_.Advance(milliseconds{500});
  EXPECT_EQ(seen_.failed, 2);
  tasks_.Advance(milliseconds{500});
  EXPECT_EQ(seen_.failed, 2);
  exchange_.failure = absl::OkStatus();
  tasks_.Advance(seconds{1});
  EXPECT_EQ(seen_.ok, 1);
  const auto tries = seen_.ok;
  tasks_.Advance(minutes{1});
  EXPECT_EQ(seen_.ok, tries);
}

TEST_F(Keeper, AnothersLeaseIsWaitedFor) {
  AddCopy();
  store_.lease_failure =
      ErrorWithInfo(absl::StatusCode::kFailedPrecondition, "held",
                    {.reason = "LEASE_HELD", .domain = "redis.crosspoint", .metadata = {{"remaining_ms", "7000"}}});
  keeper_.InboxChanged(kAda);
  tasks_.Run();
  EXPECT_EQ(seen_.failed, 1);
  tasks_.Advance(milliseconds{6'999});
  EXPECT_EQ(seen_.failed, 1);
  store_.lease_failure = absl::OkStatus();
  tasks_.Advance(milliseconds{1});
  EXPECT_EQ(seen_.ok, 1);
}

TEST_F(Keeper, AUserWhoIsGoneIsNotAskedForAgain) {
  AddCopy();
  users_.Remove(kAda);
  keeper_.InboxChanged(kAda);
  tasks_.Run();
  EXPECT_EQ(seen_.failed, 1);
  tasks_.Advance(minutes{10});
  EXPECT_EQ(seen_.failed, 1);
}

}  // namespace
}  // namespace crosspoint::voicemail
