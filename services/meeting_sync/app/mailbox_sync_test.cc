#include "meeting_sync/app/mailbox_sync.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "meeting_sync/app/fakes.h"

namespace crosspoint::meeting_sync {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

const UserId kUser{TenantId{"acme"}, "u42"};
const Mailbox kMailbox{kUser, "ada@acme.test"};
const MailboxLease kLease{"1:pod-a", 1};

struct World {
  FakeClock clock;
  log::Logger log{"test", log::Level::kError};
  FakeCalendar calendar;
  FakeSyncStore store;
  MailboxSync sync{calendar, store, clock, log};

  CalendarEntry Busy(const std::string& id, minutes begins = minutes{60}, minutes lasts = minutes{30}) {
    return {.item = {id, "ck1"}, .start = clock.Now() + begins, .end = clock.Now() + begins + lasts};
  }
  SyncReport Run() {
    const auto report = sync.Run(kMailbox, kLease);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.value_or(SyncReport{});
  }
  // What the claims should be: a pure function of the mailbox.
  ClaimTable Truth() const {
    LinkTable links;
    const auto window = SyncWindow::At(clock.Now());
    for (const auto& [id, entry] : calendar.Everything()) {
      if (window.Keeps(entry)) links.emplace(KeyOf(id), LinkOf(entry));
    }
    return PlanClaims(links, clock.Now());
  }
  ClaimTable Live() {
    auto claims = store.Delivered(kUser);
    std::erase_if(claims, [this](const auto& claim) { return claim.second.end <= clock.Now(); });
    return claims;
  }
};

TEST(MailboxSync, FirstRunPlacesWhatIsThere) {
  World world;
  world.calendar.Put(world.Busy("a"));
  world.calendar.Put(world.Busy("b", minutes{600}));
  const auto report = world.Run();
  EXPECT_TRUE(report.reset);
  EXPECT_EQ(report.claims_put, 2);
  EXPECT_EQ(world.Live(), world.Truth());
}

TEST(MailboxSync, MovedAndDeletedMeetingsMoveAndDeleteTheirClaims) {
  World world;
  world.calendar.Put(world.Busy("a"));
  world.calendar.Put(world.Busy("b"));
  world.Run();
  world.calendar.Put(world.Busy("a", minutes{300}));
  world.calendar.Remove("b");
  const auto report = world.Run();
  EXPECT_EQ(report.claims_put, 1);
  EXPECT_EQ(report.claims_deleted, 1);
  EXPECT_EQ(world.Live(), world.Truth());
  EXPECT_EQ(world.Live().begin()->second.start, world.clock.Now() + minutes{300});
}

TEST(MailboxSync, NothingNewWritesNoClaim) {
  World world;
  world.calendar.Put(world.Busy("a"));
  world.Run();
  const auto orders = world.store.OrderCount(kUser);
  world.Run();
  EXPECT_EQ(world.store.OrderCount(kUser), orders);
}

TEST(MailboxSync, ChangesComeInSeveralPages) {
  World world;
  world.Run();
  for (int i = 0; i < 20; ++i) world.calendar.Put(world.Busy("m" + std::to_string(i)));
  world.Run();
  EXPECT_EQ(world.Live().size(), 20u);
}

TEST(MailboxSync, LostSyncStateDeletesNothingThatIsStillThere) {
  World world;
  for (int i = 0; i < 30; ++i) world.calendar.Put(world.Busy("m" + std::to_string(i)));
  world.Run();
  const auto orders = world.store.OrderCount(kUser);
  world.calendar.ForgetSyncStates();
  world.calendar.HideOnce();  // the server enumerates nothing at all
  const auto report = world.Run();
  EXPECT_TRUE(report.reset);
  EXPECT_EQ(report.claims_deleted, 0);
  EXPECT_EQ(world.calendar.confirmed, 30);
  EXPECT_EQ(world.store.OrderCount(kUser), orders);
  EXPECT_EQ(world.Live(), world.Truth());
}

TEST(MailboxSync, LostSyncStateStillFindsWhatWasDeletedMeanwhile) {
  World world;
  world.calendar.Put(world.Busy("stays"));
  world.calendar.Put(world.Busy("goes"));
  world.Run();
  world.calendar.Remove("goes");
  world.calendar.ForgetSyncStates();
  EXPECT_EQ(world.Run().claims_deleted, 1);
  EXPECT_EQ(world.Live(), world.Truth());
}

TEST(MailboxSync, FailureWhileConfirmingDeletesNothing) {
  World world;
  for (int i = 0; i < 5; ++i) world.calendar.Put(world.Busy("m" + std::to_string(i)));
  world.Run();
  world.calendar.ForgetSyncStates();
  world.calendar.HideOnce();
  const auto before = world.Live();
  world.store.fail_commit = true;
  EXPECT_FALSE(world.sync.Run(kMailbox, kLease).ok());
  EXPECT_EQ(world.Live(), before);
  world.Run();
  EXPECT_EQ(world.Live(), world.Truth());
}

TEST(MailboxSync, SeriesPlacesItsOccurrencesThirtyDaysAhead) {
  World world;
  auto master = world.Busy("series");
  master.kind = EntryKind::kSeries;
  std::vector<CalendarEntry> daily;
  for (int day = 0; day < 60; ++day) {
    daily.push_back(world.Busy("series#" + std::to_string(day), minutes{60 + day * 24 * 60}));
    daily.back().kind = EntryKind::kOccurrence;
  }
  world.calendar.Put(master);
  world.calendar.SetOccurrences("series", daily);
  world.Run();
  EXPECT_EQ(world.Live().size(), 30u);
  EXPECT_EQ(world.Live(), world.Truth());

  // A day later the horizon has moved, without any change in the mailbox.
  world.clock.Advance(hours{24});
  world.Run();
  EXPECT_EQ(world.Live().size(), 30u);
  EXPECT_EQ(world.Live(), world.Truth());

  world.calendar.Remove("series");
  world.Run();
  EXPECT_TRUE(world.Live().empty());
}

TEST(MailboxSync, ChangedOccurrenceMovesOnlyItsClaim) {
  World world;
  auto master = world.Busy("series");
  master.kind = EntryKind::kSeries;
  std::vector<CalendarEntry> occurrences;
  for (int day = 0; day < 5; ++day) {
    occurrences.push_back(world.Busy("series#" + std::to_string(day), minutes{60 + day * 24 * 60}));
    occurrences.back().kind = EntryKind::kOccurrence;
  }
  world.calendar.Put(master);
  world.calendar.SetOccurrences("series", occurrences);
  world.Run();
  occurrences[2].start += hours{2};
  occurrences[2].end += hours{2};
  occurrences.erase(occurrences.begin());
  world.calendar.SetOccurrences("series", occurrences);
  const auto report = world.Run();
  EXPECT_EQ(report.claims_put, 1);
  EXPECT_EQ(report.claims_deleted, 1);
  EXPECT_EQ(world.Live(), world.Truth());
}

TEST(MailboxSync, FarMeetingIsLinkedWhenTheWindowReachesIt) {
  World world;
  world.calendar.Put(world.Busy("far", minutes{181 * 24 * 60}));
  world.Run();
  EXPECT_TRUE(world.Live().empty());
  world.clock.Advance(hours{48});
  world.Run();
  EXPECT_EQ(world.Live().size(), 1u);
}

TEST(MailboxSync, OldMeetingsAreForgottenWithoutAWordToPresence) {
  World world;
  world.calendar.Put(world.Busy("a"));
  world.Run();
  const auto orders = world.store.OrderCount(kUser);
  world.clock.Advance(hours{24 * 40});
  world.Run();
  EXPECT_EQ(world.store.OrderCount(kUser), orders);
  EXPECT_TRUE(world.store.LoadItems(kUser)->links.empty());
  EXPECT_TRUE(world.store.LoadItems(kUser)->claims.empty());
}

TEST(MailboxSync, RequestedResyncSaysEverythingAnew) {
  World world;
  world.calendar.Put(world.Busy("a"));
  world.Run();
  ASSERT_TRUE(world.store.RequestResync(kUser).ok());
  const auto report = world.Run();
  EXPECT_TRUE(report.reset);
  EXPECT_EQ(report.claims_put, 1);
  EXPECT_EQ(world.store.LoadPoint(kUser)->resync_request, 0);
}

TEST(MailboxSync, LoserOfTheLeaseWritesNothing) {
  World world;
  world.calendar.Put(world.Busy("a"));
  world.store.Fence(kUser, 2);
  const auto report = world.sync.Run(kMailbox, kLease);
  EXPECT_EQ(report.status().code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(world.Live().empty());
  EXPECT_TRUE(world.sync.Run(kMailbox, {"2:pod-b", 2}).ok());
  EXPECT_EQ(world.Live().size(), 1u);
}

TEST(MailboxSync, RetiringTakesEveryClaimBack) {
  World world;
  world.calendar.Put(world.Busy("a"));
  world.calendar.Put(world.Busy("b"));
  world.Run();
  ASSERT_TRUE(world.sync.Retire(kUser, kLease).ok());
  EXPECT_TRUE(world.Live().empty());
}

// One random step in the life of a mailbox.
class RandomLife {
 public:
  RandomLife(World& world, uint32_t seed) : world_(world), random_(seed) {}

  void Step() {
    switch (Pick(12)) {
      case 0:
      case 1:
      case 2:
        world_.calendar.Put(Entry("single" + std::to_string(Pick(12)), EntryKind::kSingle));
        break;
      case 3:
        world_.calendar.Remove("single" + std::to_string(Pick(12)));
        break;
      case 4:
      case 5:
        PutSeries("series" + std::to_string(Pick(3)));
        break;
      case 6:
        world_.calendar.Remove("series" + std::to_string(Pick(3)));
        break;
      case 7:
        world_.calendar.ForgetSyncStates();
        break;
      case 8:
        world_.calendar.Fail(absl::UnavailableError("busy"), 1 + Pick(3));
        break;
      case 9:
        world_.clock.Advance(hours{21 + Pick(60)});  // always beyond the roll, so that Truth's horizon is the store's
        break;
      case 10:
        world_.store.fail_commit = true;
        break;
      case 11:
        EXPECT_TRUE(world_.store.RequestResync(kUser).ok());
        break;
    }
  }
  int Pick(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }

 private:
  CalendarEntry Entry(const std::string& id, EntryKind kind) {
    static const char* const kStates[] = {"", "", "", "vacation", "Bad State"};
    const auto start = world_.clock.Now() + hours{Pick(24 * 200) - 24 * 5};
    return {.item = {id, std::to_string(Pick(1000))},
            .kind = kind,
            .start = start,
            .end = start + minutes{Pick(3) * 30},
            .show_as = static_cast<ShowAs>(Pick(5)),
            .cancelled = Pick(6) == 0,
            .declined = Pick(6) == 0,
            .chosen_state = kStates[Pick(5)]};
  }
  void PutSeries(const std::string& id) {
    world_.calendar.Put(Entry(id, EntryKind::kSeries));
    std::vector<CalendarEntry> occurrences;
    const auto count = Pick(30);
    for (int i = 0; i < count; ++i) {
      auto occurrence = Entry(id + "#" + std::to_string(i), EntryKind::kOccurrence);
      occurrence.start = world_.clock.Now() + hours{24 * (i - 3)} + minutes{Pick(600)};
      occurrence.end = occurrence.start + minutes{30};
      occurrences.push_back(occurrence);
    }
    world_.calendar.SetOccurrences(id, occurrences);
  }

  World& world_;
  std::mt19937 random_;
};

TEST(MailboxSync, ClaimsAreAlwaysAPureFunctionOfTheMailbox) {
  for (uint32_t seed = 1; seed <= 60; ++seed) {
    World world;
    RandomLife life(world, seed);
    for (int round = 0; round < 25; ++round) {
      for (int i = life.Pick(5); i >= 0; --i) life.Step();
      int tries = 0;
      while (!world.sync.Run(kMailbox, kLease).ok()) ASSERT_LT(++tries, 10);
      ASSERT_EQ(world.Live(), world.Truth()) << "seed " << seed << " round " << round;
    }
  }
}

}  // namespace
}  // namespace crosspoint::meeting_sync
