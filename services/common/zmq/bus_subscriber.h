#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/log/log.h"
#include "common/zmq/curve_keys.h"
#include "common/zmq/follower.h"
#include "common/zmq/peer_book.h"
#include "common/zmq/ports.h"
#include "common/zmq/wakeup.h"

namespace zmq {
class context_t;
}

namespace crosspoint {

struct BusSubscriberOptions {
  std::string channel;
  CurveKeys keys;
  int high_water_mark = 0;
  size_t max_queued = 0;  // own frames waiting for the thread
  bool follow = true;     // false: a channel without a store, frames are passed on as they come
  FollowerLimits limits;
  std::chrono::milliseconds stale_after{1000};  // see BusListener::OnCurrent
};

// Which shards must be read from the store. Called on the subscriber's thread; must not wait.
class ResyncRequests {
 public:
  virtual ~ResyncRequests() = default;
  virtual void RequestSnapshots(const std::vector<ShardId>& shards) = 0;
};

struct SubscriberCounts {
  uint64_t received = 0;
  uint64_t malformed = 0;
  FollowerCounts follower;
  size_t synced_shards = 0;
};

// The SUB socket and the follower behind it, both belonging to one thread, which also calls the listener.
class BusSubscriber final : private FollowerSink {
 public:
  BusSubscriber(zmq::context_t& context, BusSubscriberOptions options, BusListener& listener, ResyncRequests& requests,
                log::Logger& log);
  ~BusSubscriber() override;

  void Start();
  // Idempotent. Wakes whoever waits in TakeSnapshots.
  void Stop();

  // All thread-safe.
  bool TakeOwnFrame(BusFrame frame);  // never waits; false when full or stopped
  void TakeOwnHeartbeat(const ShardRevisions& revisions);
  void TakePeers(PeerChanges changes);
  // Waits until the snapshots before these were applied, so that at most two batches are in memory.
  void TakeSnapshots(std::vector<ShardSnapshot> snapshots);
  SubscriberCounts Counts() const;

 private:
  struct Inbox {
    std::vector<BusFrame> frames;
    std::optional<ShardRevisions> heartbeat;
    std::vector<ShardSnapshot> snapshots;
    std::vector<PeerChanges> peers;
  };
  struct Socket;

  void Apply(BusFrame frame) override;
  void Replace(ShardSnapshot snapshot) override;
  void NeedSnapshot(ShardId shard) override { needs_.push_back(shard); }

  void Run();
  void Wait();
  void HandleInbox();
  void HandleSocket();
  void HandleFrame(BusFrame frame);
  void HandleMessage(std::string_view message);
  void HandleHeartbeat(const ShardRevisions& revisions);
  void Connect(const PeerChanges& changes);
  void Report();
  void Judge(SteadyTime now);

  BusSubscriberOptions options_;
  BusListener& listener_;
  ResyncRequests& requests_;
  log::Logger& log_;
  std::unique_ptr<Socket> socket_;  // of the thread, once it runs
  Follower follower_;               // of the thread
  std::vector<ShardId> needs_;      // of the thread
  uint64_t received_ = 0;           // of the thread
  uint64_t malformed_ = 0;          // of the thread
  uint64_t applied_ = 0;            // of the thread
  bool current_ = true;             // of the thread; what the listener was told last
  SteadyTime heard_{};              // of the thread; the last heartbeat
  SteadyTime next_judgement_{};     // of the thread
  Wakeup wakeup_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mu_;
  std::condition_variable snapshots_taken_;
  Inbox inbox_;              // guarded by mu_
  SubscriberCounts counts_;  // guarded by mu_
  std::thread thread_;
};

}  // namespace crosspoint
