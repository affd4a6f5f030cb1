#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "common/log/log.h"
#include "common/zmq/bus_subscriber.h"
#include "common/zmq/ports.h"
#include "common/zmq/resync_queue.h"

namespace crosspoint {

// Reads shards from the store on a thread of its own, many at a time, again and again until it succeeds.
class ResyncWorker final : public ResyncRequests {
 public:
  using Deliver = std::function<void(std::vector<ShardSnapshot>)>;  // may wait

  ResyncWorker(std::string channel, BusStore& store, size_t max_shards_per_fetch, log::Logger& log);
  ~ResyncWorker() override;

  void Start(Deliver deliver);
  // Begins the end; Join waits for a read under way. Whoever `deliver` waits for must be stopped in between.
  void RequestStop();
  void Join();

  void RequestSnapshots(const std::vector<ShardId>& shards) override;  // thread-safe
  uint64_t failures() const { return failures_; }

 private:
  void Run();
  void Fetch(const std::vector<ShardId>& shards);
  void NoteOutcome(const absl::Status& outcome);

  std::string channel_;
  BusStore& store_;
  size_t max_shards_per_fetch_;
  log::Logger& log_;
  Deliver deliver_;
  std::mt19937 random_;   // of the thread
  bool failing_ = false;  // of the thread
  std::atomic<uint64_t> failures_{0};
  std::mutex mu_;
  std::condition_variable changed_;
  ResyncQueue queue_;      // guarded by mu_
  bool stopping_ = false;  // guarded by mu_
  std::thread thread_;
};

}  // namespace crosspoint
