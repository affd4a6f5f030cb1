#include "presence/app/claim_keeper.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/status/status.h"
#include "presence/app/fake_presence_store.h"

namespace crosspoint::presence {
namespace {

using std::chrono::seconds;

class NoTimers final : public RecordObserver {
 public:
  void OnRecord(const UserKey&, TimePoint) override {}
};

class RecordingPublisher final : public ChangePublisher {
 public:
  void Publish(const UserKey&, const ChangeResult& change) override { revisions.push_back(change.record.revision); }
  std::vector<uint64_t> revisions;
};

class ClaimKeeperTest : public testing::Test {
 protected:
  ClaimKeeperTest() {
    for (size_t shard = 0; shard < kShards; ++shard) {
      feed_.OnShard(static_cast<uint8_t>(shard), ShardContents{"fake", 0, 0, {}});
    }
  }
  ClaimWish Busy(std::string id, seconds from, seconds to) const {
    ClaimWish wish;
    wish.id.value = std::move(id);
    wish.source.value = "meeting-sync";
    wish.claim_class = ClaimClass::kCalendar;
    wish.state.value = "in-a-meeting";
    wish.start = clock_.Now() + from;
    wish.end = clock_.Now() + to;
    return wish;
  }
  std::string Shown() const { return table_.Get("acme/u1").availability.state.value; }

  const UserId user_{{"acme"}, "u1"};
  const Deadline deadline_ = Deadline::max();
  FakeClock clock_;
  FakePresenceStore store_{clock_};
  NoTimers timers_;
  PresenceTable table_{[](std::string_view) { return uint8_t{0}; }, timers_};
  WatchHub hub_{table_};
  PresenceFeed feed_{table_, hub_};
  RecordingPublisher publisher_;
  ClaimKeeper keeper_{store_, publisher_, feed_};
};

TEST_F(ClaimKeeperTest, PutShowsInTheAnswerAndInMemoryAndIsPublished) {
  const auto put = keeper_.Put(user_, Busy("m1", seconds{0}, seconds{60}), deadline_);
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_EQ(put->presence.availability.state.value, "in-a-meeting");
  EXPECT_EQ(put->claim.revision, 1u);
  EXPECT_EQ(Shown(), "in-a-meeting");
  EXPECT_EQ(publisher_.revisions, std::vector<uint64_t>{1});
}

TEST_F(ClaimKeeperTest, SameClaimAgainIsNotPublished) {
  ASSERT_TRUE(keeper_.Put(user_, Busy("m1", seconds{0}, seconds{60}), deadline_).ok());
  ASSERT_TRUE(keeper_.Put(user_, Busy("m1", seconds{0}, seconds{60}), deadline_).ok());
  EXPECT_EQ(publisher_.revisions.size(), 1u);
}

TEST_F(ClaimKeeperTest, FutureClaimChangesNothingOthersSee) {
  const auto put = keeper_.Put(user_, Busy("m1", seconds{10}, seconds{60}), deadline_);
  ASSERT_TRUE(put.ok());
  EXPECT_EQ(put->presence.availability, Availability{});
  EXPECT_EQ(put->presence.revision, 0u);
  EXPECT_EQ(publisher_.revisions.size(), 1u);  // the others must know the edge
}

TEST_F(ClaimKeeperTest, DeletingWhatIsNotThereSucceeds) {
  EXPECT_TRUE(keeper_.Delete(user_, ClaimId{"m1"}, deadline_).ok());
  EXPECT_TRUE(publisher_.revisions.empty());
}

TEST_F(ClaimKeeperTest, ListIsStrongestFirstWithoutTheEnded) {
  ASSERT_TRUE(keeper_.Put(user_, Busy("short", seconds{0}, seconds{5}), deadline_).ok());
  ASSERT_TRUE(keeper_.Put(user_, Busy("m1", seconds{0}, seconds{60}), deadline_).ok());
  ASSERT_TRUE(keeper_.Put(user_, Busy("m2", seconds{30}, seconds{60}), deadline_).ok());
  ASSERT_TRUE(keeper_.Say(user_, {{"custom"}, "", OwnWord::Until::kOpen, {}}, "", deadline_).ok());
  clock_.Advance(seconds{10});
  const auto claims = keeper_.List(user_, deadline_);
  ASSERT_TRUE(claims.ok());
  std::vector<std::string> ids;
  for (const auto& claim : *claims) ids.push_back(claim.id.value);
  EXPECT_EQ(ids, (std::vector<std::string>{kHandOpenId, "m2", "m1"}));
}

TEST_F(ClaimKeeperTest, WordIsPlannedAnewWhenTheClaimsChangedMeanwhile) {
  ASSERT_TRUE(keeper_.Put(user_, Busy("m1", seconds{0}, seconds{60}), deadline_).ok());
  store_.BeforeNextChange([this] {
    ClaimChange shorter;
    shorter.put = Busy("m1", seconds{0}, seconds{20});
    ASSERT_TRUE(store_.Change(user_, shorter, deadline_).ok());
  });
  const auto said = keeper_.Say(user_, {{"custom"}, "", OwnWord::Until::kEndOfRunningClaim, {}}, "", deadline_);
  ASSERT_TRUE(said.ok()) << said.status();
  EXPECT_EQ(said->availability.end, clock_.Now() + seconds{20});
}

TEST_F(ClaimKeeperTest, SameRequestGetsTheSameAnswerWhateverHappenedSince) {
  const OwnWord until{{"custom"}, "note", OwnWord::Until::kTime, clock_.Now() + seconds{10}};
  const auto first = keeper_.Say(user_, until, "8a3b", deadline_);
  ASSERT_TRUE(first.ok());
  clock_.Advance(seconds{30});
  ASSERT_TRUE(keeper_.Clear(user_, deadline_).ok());
  const auto again = keeper_.Say(user_, until, "8a3b", deadline_);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(*again, *first);
  EXPECT_EQ(Shown(), "available");
}

TEST_F(ClaimKeeperTest, RequestThatADyingReplicaCarriedOutIsKnownToTheOneThatIsAskedAgain) {
  PresenceTable its_table([](std::string_view) { return uint8_t{0}; }, timers_);
  WatchHub its_hub(its_table);
  PresenceFeed its_feed(its_table, its_hub);
  ClaimKeeper dying(store_, publisher_, its_feed);
  const std::string request = "6a8f1c8e-8f6c-4c5b-9f0a-0123456789ab";
  ASSERT_TRUE(dying.Say(user_, {.state = {"custom"}}, request, deadline_).ok());
  const auto again = keeper_.Say(user_, {.state = {"custom"}}, request, deadline_);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(Shown(), "custom");
}

TEST_F(ClaimKeeperTest, SameRequestIdWithOtherContentIsRefused) {
  ASSERT_TRUE(keeper_.Say(user_, {{"custom"}, "", OwnWord::Until::kOpen, {}}, "8a3b", deadline_).ok());
  const auto other = keeper_.Say(user_, {{"vacation"}, "", OwnWord::Until::kOpen, {}}, "8a3b", deadline_);
  EXPECT_EQ(GetErrorInfo(other.status())->metadata.at("field"), "request_id");
  EXPECT_EQ(Shown(), "custom");
}

TEST_F(ClaimKeeperTest, HandFindsRoomBesideFullAutomaticClaims) {
  for (size_t i = 0; i < kMaxClaims; ++i) {
    ASSERT_TRUE(keeper_.Put(user_, Busy("m" + std::to_string(i), seconds{10}, seconds{60}), deadline_).ok());
  }
  const auto refused = keeper_.Put(user_, Busy("one-more", seconds{10}, seconds{60}), deadline_);
  EXPECT_EQ(GetErrorInfo(refused.status())->reason, "TOO_MANY_CLAIMS");
  EXPECT_TRUE(keeper_.Say(user_, {{"custom"}, "", OwnWord::Until::kOpen, {}}, "", deadline_).ok());
  EXPECT_TRUE(keeper_.Put(user_, Busy("m1", seconds{20}, seconds{60}), deadline_).status().code() ==
              absl::StatusCode::kOk);
}

TEST_F(ClaimKeeperTest, OutageIsReportedAndLeavesNothingBehind) {
  store_.SetAway(true);
  EXPECT_EQ(keeper_.Put(user_, Busy("m1", seconds{0}, seconds{60}), deadline_).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(Shown(), "available");
  store_.SetAway(false);
  EXPECT_TRUE(keeper_.Put(user_, Busy("m1", seconds{0}, seconds{60}), deadline_).ok());
  EXPECT_EQ(Shown(), "in-a-meeting");
}

}  // namespace
}  // namespace crosspoint::presence
