#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>

#include "common/log/log.h"
#include "presence/app/edge_queue.h"
#include "presence/app/ports.h"
#include "presence/app/presence_table.h"

namespace crosspoint::presence {

struct EdgeConfig {
  std::chrono::milliseconds recheck{1000};  // how often the store's clock is asked for, and the longest sleep
  std::chrono::milliseconds retry{200};     // after the store failed
  int max_in_flight = 512;                  // edges being fired at once
  // Another one on each replica: so they begin a storm at different ends, and what one has done the others need not do.
  uint64_t salt = 0;
};

// Fires every user's next edge when the store's clock reaches it, on every replica: the store lets one of them win. One
// thread sleeps to the earliest edge; edges come from the table, so a restart reads them with the snapshot.
class EdgeTimers final : public RecordObserver {
 public:
  // What came of the user's edge that was due at `edge`; called on any thread.
  using Fired = std::function<void(const UserKey& user, TimePoint edge, const ChangeResult& result)>;

  struct Counters {
    std::atomic<uint64_t> fired{0};     // this replica's call changed the state
    std::atomic<uint64_t> repeated{0};  // another replica had been first, or nothing was due yet
    std::atomic<uint64_t> failed{0};    // the store did not answer; tried again
  };

  EdgeTimers(EdgeStore& store, log::Logger& log, EdgeConfig config = {});
  ~EdgeTimers() override;  // Stop

  // Begins to fire what `table` says. Once. `table` and what `fired` uses must live until Stop.
  void Start(const PresenceTable& table, Fired fired);
  // Fires nothing more and waits for what is in flight. Idempotent.
  void Stop();

  void OnRecord(const UserKey& user, TimePoint next_edge) override;

  const Counters& counters() const { return counters_; }
  size_t armed() const;

 private:
  void Run();
  // When the store's clock went back, what was made in the time that is to come again is looked at anew.
  void NoteClock(TimePoint now);
  // How long to wait until the next look.
  std::chrono::microseconds FireDue();
  void OnFired(const UserKey& user, TimePoint edge, absl::StatusOr<ChangeResult> result);

  EdgeStore& store_;
  log::Logger& log_;
  const EdgeConfig config_;
  const PresenceTable* table_ = nullptr;
  Fired fired_;
  Counters counters_;
  TimePoint latest_{};  // of the thread; the store's clock as last looked at

  mutable std::mutex mu_;
  std::condition_variable changed_;
  EdgeQueue queue_;                                     // guarded by mu_
  std::chrono::steady_clock::time_point not_before_{};  // guarded by mu_; after a failure
  int in_flight_ = 0;                                   // guarded by mu_
  bool failing_ = false;                                // guarded by mu_
  bool stopping_ = false;                               // guarded by mu_
  std::thread thread_;
};

}  // namespace crosspoint::presence
