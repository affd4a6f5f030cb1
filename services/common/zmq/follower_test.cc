#include "common/zmq/follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace crosspoint {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr ShardId kShard{7};

// Writes down what the follower decides.
struct Record : FollowerSink {
  void Apply(BusFrame frame) override { log.push_back("apply " + std::to_string(frame.revision)); }
  void Replace(ShardSnapshot s) override { log.push_back("replace " + s.epoch + "@" + std::to_string(s.revision)); }
  void NeedSnapshot(ShardId shard) override {
    if (shard == kShard) log.push_back("need");
  }

  std::vector<std::string> Take() { return std::exchange(log, {}); }
  std::vector<std::string> log;
};

class FollowerTest : public testing::Test {
 protected:
  explicit FollowerTest(FollowerLimits limits = {}) : follower(limits) {}

  BusFrame Frame(uint64_t revision, const std::string& epoch = "A") {
    BusFrame frame;
    frame.epoch = epoch;
    frame.shard = kShard;
    frame.revision = revision;
    frame.key = "k";
    return frame;
  }
  void Hear(uint64_t revision, const std::string& epoch = "A") { follower.OnFrame(Frame(revision, epoch), now, sink); }
  void Heartbeat(uint64_t revision, const std::string& epoch = "A") {
    ShardRevisions all{.epoch = epoch, .revisions = {}};
    all.revisions[kShard.value] = revision;
    follower.OnHeartbeat(all, now, sink);
  }
  void Snapshot(uint64_t revision, const std::string& epoch = "A") {
    follower.OnSnapshot({.shard = kShard, .epoch = epoch, .revision = revision, .entries = {}}, now, sink);
  }
  void Pass(milliseconds time) {
    now += time;
    follower.OnTick(now, sink);
  }
  // Brings the shard to `revision` of epoch A and forgets what it took.
  void FollowFrom(uint64_t revision) {
    follower.Start(now, sink);
    Snapshot(revision);
    sink.Take();
  }

  Record sink;
  Follower follower;
  SteadyTime now{std::chrono::hours(1)};
};

TEST_F(FollowerTest, AsksForEveryShardAtTheStart) {
  struct Count : FollowerSink {
    void Apply(BusFrame) override {}
    void Replace(ShardSnapshot) override {}
    void NeedSnapshot(ShardId) override { ++needs; }
    size_t needs = 0;
  } count;
  follower.Start(now, count);
  EXPECT_EQ(count.needs, kShardCount);
}

TEST_F(FollowerTest, FramesBeforeTheSnapshotWaitAndOnlyNewerOnesAreApplied) {
  follower.Start(now, sink);
  Hear(4);
  Hear(6);
  Hear(5);
  EXPECT_THAT(sink.Take(), ElementsAre("need"));
  Snapshot(4);
  EXPECT_THAT(sink.Take(), ElementsAre("replace A@4", "apply 5", "apply 6"));
  EXPECT_EQ(follower.held_bytes(), 0u);
}

TEST_F(FollowerTest, FramesInOrderAreAppliedAtOnce) {
  FollowFrom(10);
  Hear(11);
  Hear(12);
  EXPECT_THAT(sink.Take(), ElementsAre("apply 11", "apply 12"));
}

TEST_F(FollowerTest, DuplicatesAreDropped) {
  FollowFrom(10);
  Hear(11);
  Hear(11);
  Hear(9);
  EXPECT_THAT(sink.Take(), ElementsAre("apply 11"));
  EXPECT_EQ(follower.counts().duplicates, 2u);
}

TEST_F(FollowerTest, FrameOutOfOrderWaitsForTheMissingOne) {
  FollowFrom(10);
  Hear(12);
  Pass(milliseconds(49));
  EXPECT_THAT(sink.Take(), IsEmpty());
  Hear(11);
  EXPECT_THAT(sink.Take(), ElementsAre("apply 11", "apply 12"));
  EXPECT_EQ(follower.counts().gaps, 0u);
}

TEST_F(FollowerTest, HoleOlderThanTheHoldIsAGap) {
  FollowFrom(10);
  Hear(12);
  Pass(milliseconds(50));
  EXPECT_THAT(sink.Take(), ElementsAre("need"));
  Snapshot(12);
  Hear(13);
  EXPECT_THAT(sink.Take(), ElementsAre("replace A@12", "apply 13"));
  EXPECT_EQ(follower.counts().gaps, 1u);
}

TEST_F(FollowerTest, SecondHoleCountsFromTheFrameThatRevealedIt) {
  FollowFrom(10);
  Hear(12);
  now += milliseconds(20);
  Hear(14);
  now += milliseconds(20);
  Hear(11);
  EXPECT_THAT(sink.Take(), ElementsAre("apply 11", "apply 12"));
  Pass(milliseconds(29));
  EXPECT_THAT(sink.Take(), IsEmpty());
  Pass(milliseconds(1));
  EXPECT_THAT(sink.Take(), ElementsAre("need"));
}

TEST_F(FollowerTest, LateFrameIsStillAppliedWhileASnapshotIsFetched) {
  FollowFrom(10);
  Hear(12);
  Pass(milliseconds(50));
  Hear(11);
  EXPECT_THAT(sink.Take(), ElementsAre("need", "apply 11", "apply 12"));
  Snapshot(11);
  Hear(13);
  EXPECT_THAT(sink.Take(), ElementsAre("apply 13")) << "the older snapshot must not turn the clock back";
}

TEST_F(FollowerTest, HeartbeatRevealsALostLastFrame) {
  FollowFrom(10);
  Heartbeat(11);
  Pass(milliseconds(49));
  EXPECT_THAT(sink.Take(), IsEmpty()) << "the frame may be on its way";
  Pass(milliseconds(1));
  EXPECT_THAT(sink.Take(), ElementsAre("need"));
}

TEST_F(FollowerTest, HeartbeatOfWhatIsKnownChangesNothing) {
  FollowFrom(10);
  Heartbeat(10);
  Heartbeat(9);
  EXPECT_EQ(follower.NextDeadline(), std::nullopt);
  EXPECT_THAT(sink.Take(), IsEmpty());
}

TEST_F(FollowerTest, FramesThatKeepComingAreNotAGapAlthoughAHeartbeatRunsAhead) {
  FollowFrom(0);
  Heartbeat(4);
  for (uint64_t revision = 1; revision <= 4; ++revision) {
    Pass(milliseconds(40));
    Hear(revision);
  }
  Pass(milliseconds(100));
  EXPECT_THAT(sink.Take(), ElementsAre("apply 1", "apply 2", "apply 3", "apply 4"));
}

TEST_F(FollowerTest, HeartbeatOfAnotherEpochLeadsToResync) {
  FollowFrom(10);
  Heartbeat(3, "B");
  Hear(4, "B");
  EXPECT_THAT(sink.Take(), ElementsAre("need"));
  Snapshot(3, "B");
  EXPECT_THAT(sink.Take(), ElementsAre("replace B@3", "apply 4"));
}

TEST_F(FollowerTest, LateFrameOfAnEpochThatWasLeftIsIgnored) {
  FollowFrom(10);
  Heartbeat(3, "B");
  Snapshot(3, "B");
  sink.Take();
  Hear(11, "A");
  EXPECT_THAT(sink.Take(), IsEmpty());
  EXPECT_EQ(follower.counts().stale, 1u);
}

TEST_F(FollowerTest, EpochThatComesBackIsFollowedAgain) {
  FollowFrom(10);
  Heartbeat(3, "B");
  Snapshot(3, "B");
  Heartbeat(10, "A");
  sink.Take();
  Snapshot(10, "A");
  Hear(11, "A");
  EXPECT_THAT(sink.Take(), ElementsAre("replace A@10", "apply 11"));
}

TEST_F(FollowerTest, EpochTheStoreDeniesIsNotAskedAboutAgainAtOnce) {
  FollowFrom(10);
  Heartbeat(3, "B");
  Snapshot(10, "A");
  sink.Take();
  Heartbeat(3, "B");
  Hear(4, "B");
  EXPECT_THAT(sink.Take(), IsEmpty());
  now += milliseconds(500);
  Heartbeat(3, "B");
  EXPECT_THAT(sink.Take(), ElementsAre("need"));
}

TEST_F(FollowerTest, SnapshotThatDoesNotCloseTheHoleIsAskedForAgainMoreAndMoreSlowly) {
  FollowFrom(10);
  Hear(12);
  Pass(milliseconds(50));
  Snapshot(10);
  EXPECT_THAT(sink.Take(), ElementsAre("need"));
  Pass(milliseconds(99));
  EXPECT_THAT(sink.Take(), IsEmpty());
  Pass(milliseconds(1));
  EXPECT_THAT(sink.Take(), ElementsAre("need"));
  Snapshot(11);
  EXPECT_THAT(sink.Take(), ElementsAre("replace A@11", "apply 12"));
}

TEST_F(FollowerTest, StoreThatStaysBehindHasLostHistoryAndIsBelieved) {
  FollowFrom(10);
  Heartbeat(8);
  Pass(milliseconds(1999));
  Heartbeat(8);
  EXPECT_THAT(sink.Take(), IsEmpty());
  Pass(milliseconds(1));
  Heartbeat(8);
  EXPECT_THAT(sink.Take(), ElementsAre("need"));
  Snapshot(8);
  Hear(9);
  EXPECT_THAT(sink.Take(), ElementsAre("replace A@8", "apply 9"));
}

TEST_F(FollowerTest, HeartbeatsReadAMomentTooEarlyAreNoLossOfHistory) {
  FollowFrom(10);
  for (uint64_t revision = 11; revision < 40; ++revision) {
    Hear(revision);
    Heartbeat(revision - 1);
    Pass(milliseconds(250));
  }
  EXPECT_EQ(follower.counts().applied, 29u);
  EXPECT_EQ(follower.counts().resyncs, 1u);
}

TEST_F(FollowerTest, RevisionThatNeverWasIsForgottenOnTheStoresWord) {
  FollowFrom(10);
  Hear(99);
  for (int i = 0; i < 20; ++i) {
    Heartbeat(10);
    Pass(milliseconds(250));
    if (!sink.Take().empty()) Snapshot(10);
  }
  sink.Take();
  Heartbeat(10);
  Pass(milliseconds(10'000));
  EXPECT_THAT(sink.Take(), IsEmpty()) << "still waiting for revision 11";
  EXPECT_EQ(follower.held_bytes(), 0u);
}

TEST_F(FollowerTest, FramesWithoutEpochOrRevisionAreIgnored) {
  FollowFrom(10);
  Hear(0);
  Hear(11, "");
  Heartbeat(11, "");
  EXPECT_THAT(sink.Take(), IsEmpty());
  EXPECT_EQ(follower.counts().invalid, 3u);
}

class FullFollowerTest : public FollowerTest {
 protected:
  FullFollowerTest() : FollowerTest(FollowerLimits{.max_held_frames_per_shard = 3}) {}
};

TEST_F(FullFollowerTest, FullBufferKeepsTheNewestFramesAndAsksForTheRest) {
  FollowFrom(10);
  for (const uint64_t revision : {12, 13, 14, 15}) Hear(revision);
  EXPECT_THAT(sink.Take(), ElementsAre("need")) << "12 had to go, so waiting is pointless";
  Snapshot(12);
  EXPECT_THAT(sink.Take(), ElementsAre("replace A@12", "apply 13", "apply 14", "apply 15"));
}

TEST_F(FullFollowerTest, FrameThatWasThrownAwayBeforeTheFirstSnapshotIsMissedAfterIt) {
  follower.Start(now, sink);
  for (const uint64_t revision : {2, 3, 4, 5}) Hear(revision);
  Snapshot(1);
  sink.Take();
  Pass(milliseconds(50));
  EXPECT_THAT(sink.Take(), ElementsAre("need"));
}

class SmallFollowerTest : public FollowerTest {
 protected:
  SmallFollowerTest() : FollowerTest(FollowerLimits{.max_held_bytes = 4096}) {}
};

TEST_F(SmallFollowerTest, HeldBytesAreBoundedOverAllShards) {
  follower.Start(now, sink);
  for (size_t shard = 0; shard < kShardCount; ++shard) {
    BusFrame frame = Frame(5);
    frame.shard = ShardId{static_cast<uint8_t>(shard)};
    frame.payload = std::string(100, 'x');
    follower.OnFrame(std::move(frame), now, sink);
    ASSERT_LE(follower.held_bytes(), 4096u);
  }
  EXPECT_GT(follower.counts().evicted, 0u);
}

}  // namespace
}  // namespace crosspoint
