#include "presence/app/watch_hub.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "common/status/status.h"
#include "presence/app/presence_feed.h"
#include "presence/app/resume_token.h"

namespace crosspoint::presence {
namespace {

class NoTimers final : public RecordObserver {
 public:
  void OnRecord(const UserKey&, TimePoint) override {}
};

// A caller's end of a watch that can be told to read nothing.
class Reader final : public WatchSink {
 public:
  size_t Backlog() const override {
    const std::lock_guard lock(mu_);
    return stuck_ ? 1000 : 0;
  }
  bool Write(const WatchUpdate& update) override {
    const std::lock_guard lock(mu_);
    if (stuck_) return false;
    for (const auto& told : update.presences) {
      const auto& presence = told->presence();
      states_[presence.user.value] = presence.availability.state.value;
      ++received_;
    }
    updates_.push_back(update);
    changed_.notify_all();
    return true;
  }
  void SetStuck(bool stuck) {
    const std::lock_guard lock(mu_);
    stuck_ = stuck;
  }
  bool WaitFor(const std::string& user, const std::string& state) {
    std::unique_lock lock(mu_);
    return changed_.wait_for(lock, std::chrono::seconds{10}, [&] { return states_[user] == state; });
  }
  std::vector<WatchUpdate> updates() const {
    const std::lock_guard lock(mu_);
    return updates_;
  }
  size_t received() const {
    const std::lock_guard lock(mu_);
    return received_;
  }
  bool WaitForStale(bool stale) {
    std::unique_lock lock(mu_);
    return changed_.wait_for(lock, std::chrono::seconds{10},
                             [&] { return !updates_.empty() && updates_.back().may_be_stale == stale; });
  }
  bool WaitForGap() {
    std::unique_lock lock(mu_);
    return changed_.wait_for(lock, std::chrono::seconds{10}, [&] {
      return std::any_of(updates_.begin(), updates_.end(), [](const WatchUpdate& update) { return update.gap; });
    });
  }
  std::string token() const { return *updates().back().resume_token; }

 private:
  mutable std::mutex mu_;
  std::condition_variable changed_;
  bool stuck_ = false;                         // guarded by mu_
  std::map<std::string, std::string> states_;  // guarded by mu_
  std::vector<WatchUpdate> updates_;           // guarded by mu_
  size_t received_ = 0;                        // guarded by mu_
};

uint8_t ShardByLastDigit(std::string_view user) { return static_cast<uint8_t>(user.back() - '0'); }

ResumeToken TokenOf(std::string epoch, const std::map<uint8_t, uint64_t>& revisions) {
  ResumeToken token{std::move(epoch), {}};
  for (const auto& [shard, revision] : revisions) token.revisions[shard] = revision;
  return token;
}

// A replica: what the store says arrives by Change and Resync.
class Replica {
 public:
  explicit Replica(std::string epoch = "e1") {
    for (size_t shard = 0; shard < kShards; ++shard) feed.OnShard(static_cast<uint8_t>(shard), {epoch, 0, 0, {}});
  }
  ~Replica() {
    for (const auto& watch : opened) hub.Close(watch);
  }
  std::shared_ptr<Watch> Open(std::shared_ptr<WatchSink> sink, std::string_view resume_token) {
    opened.push_back(hub.Open(std::move(sink), resume_token));
    return opened.back();
  }
  static PresenceRecord Record(const std::string& state, uint64_t revision) {
    PresenceRecord record;
    record.revision = record.visible_revision = revision;
    record.availability.state.value = state;
    record.availability.claim_class = ClaimClass::kOwnWord;
    return record;
  }
  void Change(const std::string& user, const std::string& state, uint64_t revision, std::string epoch = "e1") {
    const auto key = "acme/" + user;
    feed.OnShardChange(ShardByLastDigit(key), epoch, revision, key, Record(state, revision));
  }

  NoTimers timers;
  PresenceTable table{ShardByLastDigit, timers};
  WatchHub hub{table};
  std::vector<std::shared_ptr<Watch>> opened;  // closed before anybody lets go of them, as the streams do
  PresenceFeed feed{table, hub};
};

TEST(WatchHub, SendsTheStateOfAllUsersFirstAndSaysSynced) {
  Replica replica;
  replica.Change("u1", "custom", 1);
  auto reader = std::make_shared<Reader>();
  const auto watch = replica.Open(reader, "");
  ASSERT_TRUE(replica.hub.Add(watch, {"acme/u1", "acme/u2"}).ok());
  const auto updates = reader->updates();
  ASSERT_EQ(updates.size(), 1u);
  EXPECT_EQ(updates[0].presences.size(), 2u);
  EXPECT_TRUE(updates[0].synced);
  EXPECT_FALSE(updates[0].gap);
  EXPECT_TRUE(reader->WaitFor("u1", "custom"));
  EXPECT_TRUE(reader->WaitFor("u2", "available"));
}

TEST(WatchHub, ChangesReachWatchersOfThatUserOnly) {
  Replica replica;
  auto one = std::make_shared<Reader>();
  auto other = std::make_shared<Reader>();
  const auto watch_one = replica.Open(one, "");
  const auto watch_other = replica.Open(other, "");
  ASSERT_TRUE(replica.hub.Add(watch_one, {"acme/u1"}).ok());
  ASSERT_TRUE(replica.hub.Add(watch_other, {"acme/u2"}).ok());
  replica.Change("u1", "custom", 1);
  replica.Change("u2", "vacation", 1);
  EXPECT_TRUE(one->WaitFor("u1", "custom"));
  EXPECT_TRUE(other->WaitFor("u2", "vacation"));
  EXPECT_EQ(one->received(), 2u);
  EXPECT_FALSE(one->updates().back().synced);
}

TEST(WatchHub, AllWatchersAreGivenTheSameStateRenderedOnceForEachAudience) {
  Replica replica;
  auto one = std::make_shared<Reader>();
  auto other = std::make_shared<Reader>();
  ASSERT_TRUE(replica.hub.Add(replica.Open(one, ""), {"acme/u1"}).ok());
  ASSERT_TRUE(replica.hub.Add(replica.Open(other, ""), {"acme/u1", "acme/u2"}).ok());
  replica.Change("u1", "custom", 1);
  ASSERT_TRUE(one->WaitFor("u1", "custom"));
  ASSERT_TRUE(other->WaitFor("u1", "custom"));
  const auto told = one->updates().back().presences.at(0);
  EXPECT_EQ(told, other->updates().back().presences.at(0));
  int rendered = 0;
  const auto render = [&rendered](const Presence& presence) {
    ++rendered;
    return presence.availability.state.value;
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(told->Rendered(true, render), "custom");
  EXPECT_EQ(rendered, 1);
  EXPECT_EQ(told->Rendered(false, render), "custom");
  EXPECT_EQ(rendered, 2);
}

TEST(WatchHub, ManyChangesInARowComeInFewMessages) {
  Replica replica;
  auto reader = std::make_shared<Reader>();
  ASSERT_TRUE(replica.hub.Add(replica.Open(reader, ""), {"acme/u1", "acme/u2", "acme/u3"}).ok());
  const auto begin = std::chrono::steady_clock::now();
  for (uint64_t revision = 1; revision <= 1000; ++revision) {
    for (const char* const user : {"u1", "u2", "u3"}) replica.Change(user, "s" + std::to_string(revision), revision);
  }
  for (const char* const user : {"u1", "u2", "u3"}) ASSERT_TRUE(reader->WaitFor(user, "s1000"));
  const auto took = std::chrono::steady_clock::now() - begin;
  // The first state, the first change, and then one message each few milliseconds at most.
  EXPECT_LE(reader->updates().size(), static_cast<size_t>(took / std::chrono::milliseconds(5) + 3));
}

TEST(WatchHub, WatchesAreToldThatTheyMayBeStaleAndWhenThatIsOverBehindWhatTheyMissed) {
  Replica replica;
  auto reader = std::make_shared<Reader>();
  const auto watch = replica.Open(reader, "");
  ASSERT_TRUE(replica.hub.Add(watch, {"acme/u1", "acme/u2"}).ok());
  EXPECT_FALSE(reader->updates().back().may_be_stale);
  replica.feed.OnCurrent(false);
  ASSERT_TRUE(reader->WaitForStale(true));
  EXPECT_TRUE(reader->updates().back().presences.empty());
  auto late = std::make_shared<Reader>();
  ASSERT_TRUE(replica.hub.Add(replica.Open(late, ""), {"acme/u1"}).ok());
  EXPECT_TRUE(late->updates().back().may_be_stale) << "also who comes meanwhile";

  reader->SetStuck(true);
  replica.Change("u1", "custom", 1);
  replica.feed.OnCurrent(true);
  ASSERT_TRUE(late->WaitForStale(false));
  EXPECT_TRUE(reader->updates().back().may_be_stale);
  reader->SetStuck(false);
  ASSERT_TRUE(reader->WaitForStale(false));
  EXPECT_TRUE(reader->WaitFor("u1", "custom")) << "told no later than that all is told";
  EXPECT_EQ(reader->updates().size(), 3u);
}

// Otherwise a stream resumed elsewhere with that token would never hear of it.
TEST(WatchHub, OwnChangeThatASnapshotOvertakesIsToldWithTheTokenThatCoversIt) {
  Replica replica;
  auto reader = std::make_shared<Reader>();
  const auto watch = replica.Open(reader, "");
  ASSERT_TRUE(replica.hub.Add(watch, {"acme/u1"}).ok());
  const auto changed = Replica::Record("custom", 1);
  ASSERT_TRUE(replica.table.Apply(1, "e1", "acme/u1", changed, 0));  // whose thread comes no further for now
  replica.feed.OnShard(1, {"e1", 1, 0, {{"acme/u1", changed}}});
  EXPECT_TRUE(reader->WaitFor("u1", "custom"));
}

TEST(WatchHub, RemovedUsersAndClosedWatchesHearNothingMore) {
  Replica replica;
  auto reader = std::make_shared<Reader>();
  auto closed = std::make_shared<Reader>();
  const auto watch = replica.Open(reader, "");
  const auto watch_closed = replica.Open(closed, "");
  ASSERT_TRUE(replica.hub.Add(watch, {"acme/u1", "acme/u2", "acme/u3"}).ok());
  ASSERT_TRUE(replica.hub.Add(watch_closed, {"acme/u1", "acme/u3"}).ok());
  replica.hub.Remove(watch, {"acme/u1", "acme/u9"});
  replica.hub.Close(watch_closed);
  replica.hub.Close(watch_closed);
  replica.Change("u1", "custom", 1);
  replica.Change("u3", "custom", 1);
  EXPECT_TRUE(reader->WaitFor("u3", "custom"));
  EXPECT_EQ(reader->received(), 4u);
  EXPECT_EQ(closed->received(), 2u);
  EXPECT_EQ(replica.hub.counters().watches, 1);
  EXPECT_EQ(replica.hub.counters().watched_users, 2);
}

TEST(WatchHub, SlowReaderGetsTheNewestStateOfEachUserOnly) {
  Replica replica;
  auto reader = std::make_shared<Reader>();
  const auto watch = replica.Open(reader, "");
  ASSERT_TRUE(replica.hub.Add(watch, {"acme/u1"}).ok());
  reader->SetStuck(true);
  for (uint64_t revision = 1; revision <= 1000; ++revision) {
    replica.Change("u1", revision % 2 == 0 ? "custom" : "vacation", revision);
  }
  replica.Change("u1", "do-not-disturb", 1001);
  auto prompt = std::make_shared<Reader>();  // shows that the hub has worked off all of them
  const auto watch_prompt = replica.Open(prompt, "");
  ASSERT_TRUE(replica.hub.Add(watch_prompt, {"acme/u1"}).ok());
  ASSERT_TRUE(prompt->WaitFor("u1", "do-not-disturb"));
  reader->SetStuck(false);
  EXPECT_TRUE(reader->WaitFor("u1", "do-not-disturb"));
  EXPECT_LE(reader->received(), 3u);
}

TEST(WatchHub, ManyUsersComeInSeveralMessagesAndOnlyTheLastSaysSynced) {
  Replica replica;
  auto reader = std::make_shared<Reader>();
  const auto watch = replica.Open(reader, "");
  std::vector<UserKey> users;
  for (int i = 0; i < 2500; ++i) users.push_back("acme/u" + std::to_string(i));
  ASSERT_TRUE(replica.hub.Add(watch, users).ok());
  const auto updates = reader->updates();
  ASSERT_EQ(updates.size(), 3u);
  EXPECT_FALSE(updates[0].synced);
  EXPECT_FALSE(updates[1].synced);
  EXPECT_TRUE(updates[2].synced);
}

TEST(WatchHub, MoreThanTenThousandUsersAreRefused) {
  Replica replica;
  auto reader = std::make_shared<Reader>();
  const auto watch = replica.Open(reader, "");
  std::vector<UserKey> users;
  for (int i = 0; i < 10'000; ++i) users.push_back("acme/u" + std::to_string(i));
  ASSERT_TRUE(replica.hub.Add(watch, users).ok());
  EXPECT_TRUE(replica.hub.Add(watch, {"acme/u5"}).ok());
  EXPECT_EQ(GetErrorInfo(replica.hub.Add(watch, {"acme/one1"}))->reason, "TOO_MANY_WATCHED_USERS");
}

TEST(WatchHub, ResumesOnAnotherReplicaWithoutRepeatingWhatIsKnown) {
  Replica first;
  Replica second;
  for (auto* replica : {&first, &second}) {
    replica->Change("u1", "custom", 1);
    replica->Change("a1", "vacation", 2);
    replica->Change("u2", "custom", 1);
  }
  auto reader = std::make_shared<Reader>();
  const auto watch = first.Open(reader, "");
  ASSERT_TRUE(first.hub.Add(watch, {"acme/u1", "acme/a1", "acme/u2", "acme/u3"}).ok());
  ASSERT_TRUE(reader->WaitFor("a1", "vacation"));
  first.Change("u3", "custom", 1);  // so that the token stands behind what both replicas have
  ASSERT_TRUE(reader->WaitFor("u3", "custom"));
  second.Change("u3", "custom", 1);
  second.Change("a1", "do-not-disturb", 3);

  auto later = std::make_shared<Reader>();
  const auto resumed = second.Open(later, reader->token());
  ASSERT_TRUE(second.hub.Add(resumed, {"acme/u1", "acme/a1", "acme/u2", "acme/u3"}).ok());
  const auto updates = later->updates();
  ASSERT_EQ(updates.size(), 1u);
  ASSERT_EQ(updates[0].presences.size(), 1u);
  EXPECT_EQ(updates[0].presences[0]->presence().user.value, "a1");
  EXPECT_TRUE(updates[0].synced);
  EXPECT_FALSE(updates[0].gap);
}

TEST(WatchHub, ResumeWithNothingNewStillSaysSynced) {
  Replica replica;
  auto reader = std::make_shared<Reader>();
  const auto watch = replica.Open(reader, "");
  replica.Change("u1", "custom", 1);
  ASSERT_TRUE(replica.hub.Add(watch, {"acme/u1"}).ok());
  replica.Change("u1", "vacation", 2);
  ASSERT_TRUE(reader->WaitFor("u1", "vacation"));
  auto later = std::make_shared<Reader>();
  const auto resumed = replica.Open(later, reader->token());
  ASSERT_TRUE(replica.hub.Add(resumed, {"acme/u1"}).ok());
  ASSERT_EQ(later->updates().size(), 1u);
  // A token may stand a little before what came with it; then the same state comes once more.
  const auto updates = later->updates();
  for (const auto& told : updates[0].presences) EXPECT_EQ(told->presence().availability.state.value, "vacation");
  EXPECT_TRUE(later->updates()[0].synced);
}

TEST(WatchHub, UserWhoseRecordWasDroppedSinceTheTokenIsSentAsAvailable) {
  Replica replica;
  replica.Change("u1", "custom", 5);
  const auto token = TokenOf("e1", {{ShardByLastDigit("u1"), 5}});
  replica.feed.OnShard(ShardByLastDigit("u1"), {"e1", 9, 7, {}});
  auto reader = std::make_shared<Reader>();
  const auto watch = replica.Open(reader, token.Encode());
  ASSERT_TRUE(replica.hub.Add(watch, {"acme/u1"}).ok());
  EXPECT_TRUE(reader->WaitFor("u1", "available"));
}

TEST(WatchHub, TokenOfAnotherLifeOfTheStoreIsAGapAndSendsEverything) {
  Replica replica("e2");
  auto reader = std::make_shared<Reader>();
  const auto watch = replica.Open(reader, TokenOf("e1", {{1, 50}}).Encode());
  ASSERT_TRUE(replica.hub.Add(watch, {"acme/u1"}).ok());
  EXPECT_TRUE(reader->updates()[0].gap);
  EXPECT_EQ(reader->received(), 1u);
}

TEST(WatchHub, UnreadableTokenIsAGap) {
  Replica replica;
  auto reader = std::make_shared<Reader>();
  const auto watch = replica.Open(reader, "not a token");
  ASSERT_TRUE(replica.hub.Add(watch, {"acme/u1"}).ok());
  EXPECT_TRUE(reader->updates()[0].gap);
}

TEST(WatchHub, ResyncOfAShardTellsWhatDiffersAndNothingElse) {
  Replica replica;
  replica.Change("u1", "custom", 1);
  auto reader = std::make_shared<Reader>();
  const auto watch = replica.Open(reader, "");
  ASSERT_TRUE(replica.hub.Add(watch, {"acme/u1", "acme/a1"}).ok());
  replica.feed.OnShard(
      1, {"e1", 4, 0, {{"acme/u1", Replica::Record("custom", 1)}, {"acme/a1", Replica::Record("vacation", 4)}}});
  EXPECT_TRUE(reader->WaitFor("a1", "vacation"));
  EXPECT_EQ(reader->received(), 3u);
  EXPECT_FALSE(reader->updates().back().gap);
}

TEST(WatchHub, StoreThatLostItsHistoryIsAGapAndShowsTheTruth) {
  Replica replica;
  replica.Change("u1", "custom", 7);
  auto reader = std::make_shared<Reader>();
  const auto watch = replica.Open(reader, "");
  ASSERT_TRUE(replica.hub.Add(watch, {"acme/u1"}).ok());
  for (size_t shard = 0; shard < kShards; ++shard) {
    replica.feed.OnShard(static_cast<uint8_t>(shard), {"e2", 0, 0, {}});
  }
  EXPECT_TRUE(reader->WaitFor("u1", "available"));
  EXPECT_TRUE(reader->WaitForGap());  // what is under way for u1 may bring the truth already
  replica.Change("u1", "vacation", 1, "e2");
  EXPECT_TRUE(reader->WaitFor("u1", "vacation"));
}

TEST(PresenceTable, OwnChangeIsSeenAtOnceAndSurvivesAnOlderSnapshot) {
  Replica replica;
  ChangeResult own;
  own.record = Replica::Record("custom", 3);
  own.shard = 1;
  own.epoch = "e1";
  own.changed = true;
  replica.feed.OnOwnChange("acme/u1", own);
  EXPECT_EQ(replica.table.Get("acme/u1").availability.state.value, "custom");
  replica.feed.OnShard(1, {"e1", 2, 0, {}});
  EXPECT_EQ(replica.table.Get("acme/u1").availability.state.value, "custom");
  replica.feed.OnShard(1, {"e1", 3, 0, {}});
  EXPECT_EQ(replica.table.Get("acme/u1").availability.state.value, "available");
}

TEST(PresenceTable, OlderRecordsAndOtherEpochsAreNotTaken) {
  Replica replica;
  replica.Change("u1", "custom", 5);
  replica.Change("u1", "vacation", 4);
  replica.Change("u1", "vacation", 9, "e0");
  EXPECT_EQ(replica.table.Get("acme/u1").availability.state.value, "custom");
}

TEST(ResumeToken, SurvivesTheWayThroughText) {
  const auto token = TokenOf("3f9a", {{0, 1}, {1, 300}, {17, 0}, {255, UINT64_MAX}});
  EXPECT_EQ(ResumeToken::Decode(token.Encode()), token);
  EXPECT_EQ(ResumeToken::Decode(ResumeToken{}.Encode()), ResumeToken{});
}

TEST(ResumeToken, RefusesEverythingElse) {
  const auto good = TokenOf("3f9a", {{3, 9}, {200, 70000}}).Encode();
  for (const auto& bad : {std::string(), std::string("!"), std::string("AAAA"), std::string(9000, 'A'), good + "A",
                          good.substr(0, good.size() - 2), "é" + good}) {
    const auto token = ResumeToken::Decode(bad);
    EXPECT_FALSE(token && token->Encode() == good) << bad;
  }
  EXPECT_FALSE(ResumeToken::Decode("!!").has_value());
}

}  // namespace
}  // namespace crosspoint::presence
