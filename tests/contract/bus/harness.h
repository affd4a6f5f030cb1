#pragma once

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/clock/clock.h"
#include "common/log/log.h"
#include "common/zmq/bus_node.h"
#include "common/zmq/fake_peer_directory.h"

namespace crosspoint::bus_test {

using Values = std::map<std::string, std::string>;

// Waits until `condition` holds; false after ten seconds, which only a failing test needs.
inline bool Eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

// A store as a service would have it, shared by the nodes of a test.
class FakeStore final : public BusStore {
 public:
  // Changes `key` and gives back the frame to publish.
  BusFrame Write(const std::string& key, const std::string& value) {
    const std::lock_guard lock(mu_);
    BusFrame frame;
    frame.epoch = epoch_;
    frame.shard = ShardOf(key);
    auto& shard = shards_[frame.shard.value];
    frame.revision = ++shard.revision;
    frame.key = key;
    frame.payload = value;
    shard.values[key] = value;
    return frame;
  }

  absl::StatusOr<std::vector<ShardSnapshot>> Fetch(std::span<const ShardId> shards) override {
    const std::lock_guard lock(mu_);
    ++fetches_;
    if (away_) return absl::UnavailableError("store is away");
    std::vector<ShardSnapshot> out;
    for (const ShardId id : shards) {
      const auto& shard = shards_[id.value];
      ShardSnapshot snapshot{.shard = id, .epoch = epoch_, .revision = shard.revision, .entries = {}};
      for (const auto& [key, value] : shard.values) snapshot.entries.push_back({key, 0, value});
      out.push_back(std::move(snapshot));
    }
    return out;
  }

  absl::StatusOr<ShardRevisions> ReadRevisions() override {
    const std::lock_guard lock(mu_);
    if (away_) return absl::UnavailableError("store is away");
    ShardRevisions out{.epoch = epoch_, .revisions = {}};
    for (size_t i = 0; i < kShardCount; ++i) out.revisions[i] = shards_[i].revision;
    return out;
  }

  Values All() const {
    const std::lock_guard lock(mu_);
    Values out;
    for (const auto& shard : shards_) out.insert(shard.values.begin(), shard.values.end());
    return out;
  }
  void SetAway(bool away) {
    const std::lock_guard lock(mu_);
    away_ = away;
  }
  void BeginEpoch(const std::string& epoch) {
    const std::lock_guard lock(mu_);
    epoch_ = epoch;
    for (auto& shard : shards_) shard = {};
  }

 private:
  struct Shard {
    uint64_t revision = 0;
    Values values;
  };

  mutable std::mutex mu_;
  std::array<Shard, kShardCount> shards_;  // guarded by mu_
  std::string epoch_ = "A";                // guarded by mu_
  bool away_ = false;                      // guarded by mu_
  int fetches_ = 0;                        // guarded by mu_
};

// What a replica knows, built from nothing but the listener's calls.
class Replica final : public BusListener {
 public:
  void OnResync(ShardSnapshot snapshot) override {
    std::unique_lock lock(mu_);
    go_on_.wait(lock, [this] { return !blocked_; });
    auto& shard = shards_[snapshot.shard.value];
    shard = {};
    shard.revision = snapshot.revision;
    for (auto& entry : snapshot.entries) shard.values[entry.key] = entry.payload;
  }

  void OnChange(const BusFrame& frame) override {
    std::unique_lock lock(mu_);
    go_on_.wait(lock, [this] { return !blocked_; });
    auto& shard = shards_[frame.shard.value];
    if (frame.revision != shard.revision + 1) ++disorder_;
    shard.revision = frame.revision;
    shard.values[frame.key] = frame.payload;
    request_id_ = log::CurrentContext().request_id;
    ++changes_;
  }

  void OnCurrent(bool current) override {
    const std::lock_guard lock(mu_);
    current_ = current;
  }

  bool current() const {
    const std::lock_guard lock(mu_);
    return current_;
  }
  Values All() const {
    const std::lock_guard lock(mu_);
    Values out;
    for (const auto& shard : shards_) out.insert(shard.values.begin(), shard.values.end());
    return out;
  }
  size_t changes() const {
    const std::lock_guard lock(mu_);
    return changes_;
  }
  size_t disorder() const {
    const std::lock_guard lock(mu_);
    return disorder_;
  }
  std::string request_id() const {
    const std::lock_guard lock(mu_);
    return request_id_;
  }
  // While blocked no call of the listener comes to an end.
  void SetBlocked(bool blocked) {
    {
      const std::lock_guard lock(mu_);
      blocked_ = blocked;
    }
    go_on_.notify_all();
  }

 private:
  struct Shard {
    uint64_t revision = 0;
    Values values;
  };

  mutable std::mutex mu_;
  std::condition_variable go_on_;
  std::array<Shard, kShardCount> shards_;  // guarded by mu_
  size_t changes_ = 0;                     // guarded by mu_
  size_t disorder_ = 0;                    // guarded by mu_
  std::string request_id_;                 // guarded by mu_
  bool blocked_ = false;                   // guarded by mu_
  bool current_ = true;                    // guarded by mu_
};

// One node with its replica, on a channel "test".
struct Member {
  Member(BusConfig config, PeerDirectory& peers, BusStore* store, log::Logger& log)
      : node(std::move(config), "test", peers, store, replica, clock, log) {}
  ~Member() { replica.SetBlocked(false); }

  SystemClock clock;
  Replica replica;
  BusNode node;
};

class BusTest : public ::testing::Test {
 protected:
  BusTest() {
    config.heartbeat = std::chrono::milliseconds(100);
    config.peer_poll = std::chrono::milliseconds(100);
    config.lease = std::chrono::milliseconds(500);
  }

  // A node that has started, on the test's store.
  std::unique_ptr<Member> Join() { return Join(config); }
  std::unique_ptr<Member> Join(const BusConfig& with) {
    auto member = std::make_unique<Member>(with, *peers, store_in_use, log);
    const absl::Status started = member->node.Start();
    EXPECT_TRUE(started.ok()) << started;
    return member;
  }

  // Waits until all follow the store and frames of each reach every other.
  void ExpectMeshed(const std::vector<Member*>& members) {
    for (Member* member : members) {
      ASSERT_TRUE(Eventually([&] { return member->node.Synced(); }));
      ASSERT_TRUE(Eventually([&] { return member->node.Stats().peers >= members.size() - 1; }));
    }
    // A subscription is in force once a frame comes through; nothing in ZeroMQ tells the publisher.
    for (Member* from : members) {
      for (Member* to : members) {
        const auto before = to->node.Stats().received;
        if (from == to) continue;
        ASSERT_TRUE(Eventually([&] {
          Change(*from, "mesh", "probe");
          std::this_thread::sleep_for(std::chrono::milliseconds(2));
          return to->node.Stats().received > before;
        })) << "no frame from "
            << from->node.self().endpoint;
      }
    }
    for (Member* member : members) ExpectCaughtUp(*member);
  }

  // The store's change and the frame that tells of it.
  void Change(Member& member, const std::string& key, const std::string& value) {
    member.node.Publish(store.Write(key, value));
  }

  void ExpectCaughtUp(Member& member) {
    EXPECT_TRUE(Eventually([&] { return member.replica.All() == store.All(); }));
    EXPECT_EQ(member.replica.disorder(), 0u);
  }

  log::Logger log{"bus_test", log::Level::kError};
  FakeStore store;
  BusStore* store_in_use = &store;
  FakePeerDirectory fake_peers;
  PeerDirectory* peers = &fake_peers;
  BusConfig config;
};

}  // namespace crosspoint::bus_test
