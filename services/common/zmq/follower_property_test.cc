// A store, a bad network and a follower, run through random histories in virtual time.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "common/zmq/follower.h"

namespace crosspoint {
namespace {

using std::chrono::milliseconds;

constexpr int kShards = 3;  // few, so that every shard sees much
constexpr int kKeys = 5;

// The truth: what the store holds, and what it ever held.
struct Store {
  struct Shard {
    uint64_t revision = 0;
    std::map<std::string, std::string> values;
  };

  BusFrame Write(int shard, const std::string& key, const std::string& value) {
    auto& s = shards[shard];
    s.values[key] = value;
    BusFrame frame;
    frame.epoch = epoch;
    frame.shard = ShardId{static_cast<uint8_t>(shard)};
    frame.revision = ++s.revision;
    frame.key = key;
    frame.payload = value;
    history[{epoch, shard, frame.revision}] = {key, value};
    return frame;
  }

  ShardSnapshot Snapshot(int shard) const {
    const auto& s = shards[shard];
    ShardSnapshot out{
        .shard = ShardId{static_cast<uint8_t>(shard)}, .epoch = epoch, .revision = s.revision, .entries = {}};
    for (const auto& [key, value] : s.values) out.entries.push_back({key, 0, value});
    return out;
  }

  ShardRevisions Revisions() const {
    ShardRevisions out{.epoch = epoch, .revisions = {}};
    for (int i = 0; i < kShards; ++i) out.revisions[i] = shards[i].revision;
    return out;
  }

  void LoseEverything() {
    epoch = "epoch" + std::to_string(++epochs);
    for (auto& shard : shards) shard = {};
  }

  int epochs = 1;
  std::string epoch = "epoch1";
  Shard shards[kShards];
  std::map<std::tuple<std::string, int, uint64_t>, std::pair<std::string, std::string>> history;
};

// Applies what the follower says and checks that it may say so.
struct Table : FollowerSink {
  explicit Table(const Store& s) : store(s) {}

  void Apply(BusFrame frame) override {
    auto& copy = copies[frame.shard.value];
    EXPECT_EQ(frame.epoch, copy.epoch) << "a change on top of another history";
    EXPECT_EQ(frame.revision, copy.revision + 1) << "out of order";
    const auto truth = store.history.find({frame.epoch, frame.shard.value, frame.revision});
    ASSERT_TRUE(truth != store.history.end()) << "applied what never happened";
    EXPECT_EQ(truth->second, std::make_pair(frame.key, frame.payload));
    copy.revision = frame.revision;
    copy.values[frame.key] = frame.payload;
  }

  void Replace(ShardSnapshot snapshot) override {
    auto& copy = copies[snapshot.shard.value];
    if (snapshot.epoch == copy.epoch) {
      EXPECT_GT(snapshot.revision, copy.revision) << "turned back the clock";
    }
    copy = {.epoch = snapshot.epoch, .revision = snapshot.revision, .values = {}};
    for (auto& entry : snapshot.entries) copy.values[entry.key] = entry.payload;
  }

  void NeedSnapshot(ShardId shard) override {
    if (shard.value < kShards) needs.push_back(shard.value);
  }

  struct Copy {
    std::string epoch;
    uint64_t revision = 0;
    std::map<std::string, std::string> values;
  };
  const Store& store;
  Copy copies[kShards];
  std::vector<int> needs;
};

struct Faults {
  double drop = 0, duplicate = 0, epoch_change = 0, fetch_failure = 0, heartbeat_loss = 0;
  int max_delay_ms = 0;
};

class World {
 public:
  World(uint32_t seed, Faults faults, FollowerLimits limits)
      : random_(seed), faults_(faults), follower_(limits), table_(store_) {
    follower_.Start(now_, table_);
  }

  void Run(int steps) {
    for (int i = 0; i < steps; ++i) Step(/*busy=*/true);
    faults_ = {};  // the storm is over: what was lost stays lost, but heartbeats and reads get through
    for (int i = 0; i < 4000; ++i) Step(/*busy=*/false);
  }

  void ExpectConverged() {
    for (int i = 0; i < kShards; ++i) {
      EXPECT_EQ(table_.copies[i].epoch, store_.epoch);
      EXPECT_EQ(table_.copies[i].revision, store_.shards[i].revision);
      EXPECT_EQ(table_.copies[i].values, store_.shards[i].values);
    }
    EXPECT_EQ(follower_.held_bytes(), 0u);
  }

  const FollowerCounts& counts() const { return follower_.counts(); }

 private:
  bool Chance(double share) { return std::uniform_real_distribution<>(0, 1)(random_) < share; }
  int Below(int n) { return n <= 0 ? 0 : std::uniform_int_distribution<>(0, n - 1)(random_); }
  SteadyTime Soon() { return now_ + milliseconds(Below(faults_.max_delay_ms + 1)); }

  void Send(const BusFrame& frame) {
    if (Chance(faults_.drop)) return;
    frames_.emplace(Soon(), frame);
    if (Chance(faults_.duplicate)) frames_.emplace(Soon(), frame);
  }

  // One millisecond.
  void Step(bool busy) {
    now_ += milliseconds(1);
    if (busy && Chance(faults_.epoch_change)) store_.LoseEverything();
    if (busy && Chance(0.3)) {
      Send(store_.Write(Below(kShards), "k" + std::to_string(Below(kKeys)), std::to_string(++value_)));
    }
    if (++tick_ % 250 == 0 && !Chance(faults_.heartbeat_loss)) heartbeats_.emplace(Soon(), store_.Revisions());
    for (const int shard : std::exchange(table_.needs, {})) fetches_.emplace(Soon(), shard);
    Due(fetches_, [&](int shard) {
      if (Chance(faults_.fetch_failure)) {
        fetches_.emplace(now_ + milliseconds(20), shard);
      } else {
        snapshots_.emplace(Soon(), store_.Snapshot(shard));
      }
    });
    Due(frames_, [&](BusFrame& frame) { follower_.OnFrame(frame, now_, table_); });
    Due(heartbeats_, [&](ShardRevisions& revisions) { follower_.OnHeartbeat(revisions, now_, table_); });
    Due(snapshots_, [&](ShardSnapshot& snapshot) { follower_.OnSnapshot(snapshot, now_, table_); });
    follower_.OnTick(now_, table_);
  }

  template <class Queue, class Action>
  void Due(Queue& queue, Action action) {
    while (!queue.empty() && queue.begin()->first <= now_) {
      auto item = std::move(queue.extract(queue.begin()).mapped());
      action(item);
    }
  }

  std::mt19937 random_;
  Faults faults_;
  Store store_;
  Follower follower_;
  Table table_;
  SteadyTime now_{std::chrono::hours(1)};
  std::multimap<SteadyTime, BusFrame> frames_;
  std::multimap<SteadyTime, ShardRevisions> heartbeats_;
  std::multimap<SteadyTime, int> fetches_;
  std::multimap<SteadyTime, ShardSnapshot> snapshots_;
  int tick_ = 0;
  int value_ = 0;
};

// Each with a hundred seeds; CROSSPOINT_PROPERTY_RUNS asks for more.
uint32_t Runs() {
  const char* runs = std::getenv("CROSSPOINT_PROPERTY_RUNS");
  return runs == nullptr ? 100 : static_cast<uint32_t>(std::stoul(runs));
}

FollowerCounts ExpectConvergence(Faults faults, FollowerLimits limits = {}) {
  FollowerCounts sum;
  for (uint32_t seed = 1; seed <= Runs(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed, faults, limits);
    world.Run(1500);
    world.ExpectConverged();
    sum.gaps += world.counts().gaps;
    sum.stale += world.counts().stale;
    sum.evicted += world.counts().evicted;
    sum.duplicates += world.counts().duplicates;
    sum.resyncs += world.counts().resyncs;
    if (testing::Test::HasFailure()) break;
  }
  return sum;
}

TEST(FollowerProperty, ReorderingWithinTheHoldCostsNoResync) {
  const auto counts = ExpectConvergence({.duplicate = 0.1, .max_delay_ms = 40});
  EXPECT_EQ(counts.gaps, 0u);
  EXPECT_EQ(counts.resyncs, Runs() * kShards);
}

TEST(FollowerProperty, LossIsFoundAndRepaired) { EXPECT_GT(ExpectConvergence({.drop = 0.05}).gaps, 0u); }

TEST(FollowerProperty, EveryFaultAtOnceStillConverges) {
  const auto counts = ExpectConvergence({.drop = 0.1,
                                         .duplicate = 0.1,
                                         .epoch_change = 0.003,
                                         .fetch_failure = 0.3,
                                         .heartbeat_loss = 0.3,
                                         .max_delay_ms = 120});
  EXPECT_GT(counts.gaps, 0u);
  EXPECT_GT(counts.stale, 0u);
  EXPECT_GT(counts.duplicates, 0u);
}

TEST(FollowerProperty, NearlyEverythingLostStillConverges) {
  ExpectConvergence({.drop = 0.95, .epoch_change = 0.001, .heartbeat_loss = 0.5, .max_delay_ms = 300});
}

TEST(FollowerProperty, TinyBuffersStillConverge) {
  const FollowerLimits limits{.max_held_frames_per_shard = 2, .max_held_bytes = 600};
  EXPECT_GT(ExpectConvergence({.drop = 0.1, .fetch_failure = 0.5, .max_delay_ms = 60}, limits).evicted, 0u);
}

}  // namespace
}  // namespace crosspoint
