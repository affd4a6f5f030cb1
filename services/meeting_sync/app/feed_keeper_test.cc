#include "meeting_sync/app/feed_keeper.h"

#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include "common/tasks/task_pool.h"
#include "meeting_sync/app/fakes.h"

namespace crosspoint::meeting_sync {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const TenantId kTenant{"acme"};
UserId User(int i) { return {kTenant, "u" + std::to_string(i)}; }

// What all replicas share.
struct Shared {
  FakeClock clock;
  log::Logger log{"test", log::Level::kError};
  FakeCalendar calendar;
  FakeSyncStore store;
  FakeLeaseTable table;
  std::set<std::string> live;
  ManualTasks tasks;
};

struct Replica {
  Replica(Shared& world, const std::string& name, int user_count)
      : shared(world),
        leases(shared.table, name),
        replicas(shared.live, name),
        sync(shared.calendar, shared.store, shared.clock, shared.log),
        keeper({leases,
                feed,
                sync,
                shared.store,
                feed_log,
                shared.tasks,

                observer,
                shared.log,
                {},
                [] { return 0.5; }},
               users, replicas, seconds{1}) {
    for (int i = 0; i < user_count; ++i) Add(i);
    users.Synced(kTenant);
    keeper.Start();
  }
  ~Replica() {
    keeper.Stop(milliseconds{0});
    shared.tasks.Run();  // nothing of this replica is left in flight
  }
  void Add(int i) { users.Put({.user = User(i), .address = "u" + std::to_string(i) + "@acme.test"}); }

  Shared& shared;
  FakeLeases leases;
  FakeReplicas replicas;
  FakeChangeFeed feed;
  FakeFeedLog feed_log;
  MailboxSync sync;
  ReaderObserver observer;
  UserBook users{{{kTenant, Binding::kEws}}};
  FeedKeeper keeper;
};

TEST(FeedKeeper, LoneReplicaReadsEverything) {
  Shared shared;
  Replica a(shared, "pod-a", 20);
  shared.tasks.Run();
  EXPECT_EQ(a.keeper.holding(), 20u);
  EXPECT_EQ(a.feed.open_count(), 20u);
}

TEST(FeedKeeper, SecondReplicaTakesItsShareAndNoMailboxIsReadTwice) {
  Shared shared;
  Replica a(shared, "pod-a", 40);
  shared.tasks.Advance(seconds{2});
  Replica b(shared, "pod-b", 40);
  shared.tasks.Advance(seconds{10});
  EXPECT_EQ(a.keeper.holding() + b.keeper.holding(), 40u);
  EXPECT_GT(a.keeper.holding(), 10u);
  EXPECT_GT(b.keeper.holding(), 10u);
  EXPECT_EQ(a.feed.open_count() + b.feed.open_count(), 40u);
}

TEST(FeedKeeper, OrderlyEndHandsEverythingOver) {
  Shared shared;
  Replica a(shared, "pod-a", 20);
  std::optional<Replica> b;
  b.emplace(shared, "pod-b", 20);
  shared.tasks.Advance(seconds{10});
  ASSERT_LT(a.keeper.holding(), 20u);
  b->keeper.Stop(milliseconds{0});
  shared.tasks.Advance(seconds{10});
  EXPECT_EQ(a.keeper.holding(), 20u);
}

TEST(FeedKeeper, KilledReplicaIsReplacedWhenItsLeasesRunOut) {
  Shared shared;
  Replica a(shared, "pod-a", 20);
  shared.tasks.Run();
  // pod-b died holding some leases.
  shared.live.insert("pod-b");
  for (int i = 20; i < 40; ++i) shared.table.held[User(i)] = {"pod-b", 1, [] {}};
  for (int i = 20; i < 40; ++i) a.Add(i);
  shared.tasks.Advance(seconds{3});
  shared.live.erase("pod-b");
  shared.tasks.Advance(seconds{3});
  EXPECT_EQ(a.keeper.holding(), 20u);
  for (int i = 20; i < 40; ++i) shared.table.held.erase(User(i));
  shared.tasks.Advance(seconds{5});
  EXPECT_EQ(a.keeper.holding(), 40u);
}

TEST(FeedKeeper, StoreAwayKeepsTheLastDistribution) {
  Shared shared;
  Replica a(shared, "pod-a", 10);
  shared.tasks.Run();
  a.replicas.failure = absl::UnavailableError("redis away");
  shared.tasks.Advance(seconds{20});
  EXPECT_EQ(a.keeper.holding(), 10u);
  a.replicas.failure = absl::OkStatus();
  shared.live.insert("pod-b");
  shared.tasks.Advance(seconds{20});
  EXPECT_LT(a.keeper.holding(), 10u);
}

TEST(FeedKeeper, DeletedUsersClaimsAreTakenBack) {
  Shared shared;
  shared.calendar.Put(
      {.item = {"m", "1"}, .start = shared.clock.Now() + minutes{5}, .end = shared.clock.Now() + minutes{9}});
  Replica a(shared, "pod-a", 1);
  shared.tasks.Run();
  ASSERT_EQ(shared.store.Delivered(User(0)).size(), 1u);
  a.users.Put({.user = User(0), .deleted = true});
  shared.tasks.Run();
  EXPECT_EQ(shared.store.Delivered(User(0)).size(), 0u);
  EXPECT_EQ(a.keeper.holding(), 0u);
}

TEST(FeedKeeper, UserMissingAfterADirectoryResetIsLeftAlone) {
  Shared shared;
  shared.calendar.Put(
      {.item = {"m", "1"}, .start = shared.clock.Now() + minutes{5}, .end = shared.clock.Now() + minutes{9}});
  Replica a(shared, "pod-a", 1);
  shared.tasks.Run();
  a.users.Restart(kTenant);
  a.users.Synced(kTenant);
  shared.tasks.Run();
  EXPECT_EQ(a.keeper.holding(), 0u);
  EXPECT_EQ(shared.store.Delivered(User(0)).size(), 1u) << "an empty directory is no reason to take claims back";
  a.Add(0);
  shared.tasks.Run();
  EXPECT_EQ(a.keeper.holding(), 1u);
}

// Everything at once on real threads, mostly for the thread sanitizer: notifications, losses of the feed, lost leases,
// users that come and go. Afterwards every mailbox is held and every claim is there.
TEST(FeedKeeper, SettlesAfterAStormOnManyThreads) {
  constexpr int kUsers = 12;
  FakeClock clock;
  log::Logger log{"test", log::Level::kError};
  FakeCalendar calendar;
  FakeSyncStore store;
  FakeLeaseTable table;
  std::set<std::string> live;
  FakeLeases leases(table, "pod-a");
  FakeReplicas replicas(live, "pod-a");
  FakeChangeFeed feed;
  FakeFeedLog feed_log;
  MailboxSync sync(calendar, store, clock, log);
  ReaderObserver observer;
  UserBook users{{{kTenant, Binding::kEws}}};
  TaskPool pool(4);
  ReaderTiming timing;
  timing.reconcile = milliseconds{20};
  timing.first_retry = timing.max_retry = timing.lease_retry = milliseconds{1};
  FeedKeeper keeper({leases, feed, sync, store, feed_log, pool, observer, log, timing, [] { return 0.5; }}, users,
                    replicas, milliseconds{5});
  const auto put = [&users](int i) { users.Put({.user = User(i), .address = "u" + std::to_string(i) + "@acme.test"}); };
  for (int i = 0; i < kUsers; ++i) put(i);
  keeper.Start();

  std::vector<std::thread> storm;
  for (int t = 0; t < 3; ++t) {
    storm.emplace_back([&, t] {
      for (int i = 0; i < 300; ++i) {
        const auto user = User((i * 7 + t) % kUsers);
        switch ((i + t) % 6) {
          case 0:
            // Without a text: the library is not instrumented, and its counting of shared texts looks like a race.
            feed.Trouble(user, absl::Status(absl::StatusCode::kUnavailable, ""));
            feed.Gap(user);
            break;
          case 1:
            leases.Lose(user);
            break;
          case 2:
            if (t == 0) {
              users.Put({.user = user, .deleted = true});
              put((i * 7 + t) % kUsers);
            }
            break;
          case 3:
            keeper.Resync(user);
            break;
          case 4:
            calendar.Put({.item = {"m" + std::to_string(i % 20), "1"},
                          .start = clock.Now() + minutes{60},
                          .end = clock.Now() + minutes{90}});
            break;
          default:
            feed.Tell(user, MailboxFolder::kCalendar);
        }
        std::this_thread::yield();
      }
    });
  }
  for (auto& thread : storm) thread.join();

  const auto settled = [&] {
    if (keeper.holding() != kUsers || feed.open_count() != kUsers) return false;
    for (int i = 0; i < kUsers; ++i) {
      if (store.LoadItems(User(i))->claims.size() != store.Delivered(User(i)).size()) return false;
      if (store.Delivered(User(i)).size() != calendar.Everything().size()) return false;
    }
    return true;
  };
  bool calm = false;
  for (int i = 0; i < 2000 && !calm; ++i) {
    std::this_thread::sleep_for(milliseconds{5});
    calm = settled();
  }
  EXPECT_TRUE(calm) << keeper.holding() << " held, " << feed.open_count() << " streams";
  keeper.Stop(seconds{5});
  pool.Stop();
  EXPECT_EQ(feed.open_count(), 0u);
  EXPECT_TRUE(table.held.empty());
}

}  // namespace
}  // namespace crosspoint::meeting_sync
