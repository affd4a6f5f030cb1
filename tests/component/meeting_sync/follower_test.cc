#include <algorithm>
#include <mutex>
#include <vector>

#include "clients/mailbox_feed_follower.h"
#include "common/grpcx/channel.h"
#include "common/log/log.h"
#include "common/tasks/task_pool.h"
#include "connectors/ews/folder_types.h"
#include "connectors/ews/mail_types.h"
#include "tests/component/meeting_sync/world.h"

// The mailbox feed as other services follow it.
namespace crosspoint::testing {
namespace {

using std::chrono::hours;

class Told final : public clients::MailboxFeedListener {
 public:
  void OnChange(const UserId& user, meeting_sync::v1::MailboxFolder folder) override {
    const std::lock_guard lock(mu_);
    changes_.emplace_back(user.Name(), folder);
  }
  void OnGap(const TenantId&) override {
    const std::lock_guard lock(mu_);
    ++gaps_;
  }
  int gaps() const {
    const std::lock_guard lock(mu_);
    return gaps_;
  }
  size_t Changes(meeting_sync::v1::MailboxFolder folder) const {
    const std::lock_guard lock(mu_);
    return static_cast<size_t>(std::count(changes_.begin(), changes_.end(), std::pair{std::string(kAda), folder}));
  }
  size_t CalendarChanges() const { return Changes(meeting_sync::v1::MAILBOX_FOLDER_CALENDAR); }

 private:
  mutable std::mutex mu_;
  std::vector<std::pair<std::string, meeting_sync::v1::MailboxFolder>> changes_;  // guarded by mu_
  int gaps_ = 0;                                                                  // guarded by mu_
};

class Follower : public MeetingSyncWorld {};

TEST_F(Follower, BeginsWithAGapAndIsToldOfEveryChange) {
  const auto service = StartSettled();
  Told told;
  TaskPool tasks(1);
  log::Logger log("test", log::Level::kInfo, [](std::string_view) {});
  clients::MailboxFeedFollower follower(service->channel(), {TenantId{"acme"}}, told, tasks, log);
  follower.Start();
  ASSERT_TRUE(Eventually([&] { return told.gaps() == 1; }));
  EXPECT_EQ(told.CalendarChanges(), 0u);
  Create(Meeting("told", In(hours{1})));
  EXPECT_TRUE(Eventually([&] { return told.CalendarChanges() > 0; }));
  EXPECT_EQ(told.gaps(), 1);
  follower.Stop();
  tasks.Stop();
}

TEST_F(Follower, IsToldOfEveryFolderAlsoOfThoseThatPeopleMake) {
  const auto service = StartSettled();
  Told told;
  TaskPool tasks(1);
  log::Logger log("test", log::Level::kInfo, [](std::string_view) {});
  clients::MailboxFeedFollower follower(service->channel(), {TenantId{"acme"}}, told, tasks, log);
  follower.Start();
  ASSERT_TRUE(Eventually([&] { return told.gaps() == 1; }));
  const ews::EwsCall ada{.mailbox = kAdaAddress};
  const auto folder =
      exchange_client_->CreateFolder({.parent = ews::FolderRef::Named("inbox"), .display_name = "Kept"}, ada);
  ASSERT_TRUE(folder.ok()) << folder.status();
  const auto mail = exchange_client_->CreateMessage({.subject = "kept"}, ews::Disposition::kSaveOnly,
                                                    ews::FolderRef::ById(folder->id), ada);
  ASSERT_TRUE(mail.ok()) << mail.status();
  EXPECT_TRUE(Eventually([&] { return told.Changes(meeting_sync::v1::MAILBOX_FOLDER_OTHER) > 0; }));
  const auto before = told.Changes(meeting_sync::v1::MAILBOX_FOLDER_OTHER);
  ASSERT_TRUE(exchange_client_->MoveItems({*mail}, ews::FolderRef::Named("deleteditems"), ada).ok());
  EXPECT_TRUE(Eventually([&] { return told.Changes(meeting_sync::v1::MAILBOX_FOLDER_OTHER) > before; }));
  EXPECT_EQ(told.CalendarChanges(), 0u);
  follower.Stop();
  tasks.Stop();
}

TEST_F(Follower, ChangesDuringAnOutageAreToldAfterItWithoutAGap) {
  const auto service = StartSettled();
  TcpGate wire(service->address());
  auto channel = grpcx::MakeChannel({.target = wire.address(), .max_backoff = std::chrono::milliseconds(200)});
  ASSERT_TRUE(channel.ok()) << channel.status();
  Told told;
  TaskPool tasks(1);
  log::Logger log("test", log::Level::kInfo, [](std::string_view) {});
  clients::MailboxFeedFollower follower(*channel, {TenantId{"acme"}}, told, tasks, log);
  follower.Start();
  ASSERT_TRUE(Eventually([&] { return told.gaps() == 1; }));
  Create(Meeting("before", In(hours{1})));
  ASSERT_TRUE(Eventually([&] { return told.CalendarChanges() > 0; }));
  const auto before = told.CalendarChanges();
  wire.Cut();
  Create(Meeting("meanwhile", In(hours{2})));
  ASSERT_TRUE(presence_.AwaitClaim(kAda, In(hours{2})));
  wire.Restore();
  EXPECT_TRUE(Eventually([&] { return told.CalendarChanges() > before; }));
  EXPECT_EQ(told.gaps(), 1);
  follower.Stop();
  tasks.Stop();
}

}  // namespace
}  // namespace crosspoint::testing
