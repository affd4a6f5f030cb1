#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "presence/adapters/shard_keys.h"
#include "presence/adapters/store_clock.h"
#include "presence/app/ports.h"

namespace crosspoint {
class RedisClient;
class RedisReply;
}  // namespace crosspoint

namespace crosspoint::presence {

// Claims in Redis: one script per change, durable; reports likewise, but answered from memory. Keys and formats are
// described in presence_scripts.h. Thread-safe.
class RedisPresenceStore final : public PresenceStore, public EdgeStore, public SignalStore {
 public:
  // `test_clock` takes the place of Redis's own clock; only tests give one. All must outlive the store.
  RedisPresenceStore(RedisClient& redis, const KnownEpoch& epoch, SignalLeases leases = {},
                     const Clock* test_clock = nullptr);

  absl::StatusOr<ChangeResult> Change(const UserId& user, const ClaimChange& change, Deadline deadline) override;
  absl::StatusOr<UserClaims> Read(const UserId& user, const std::string& request_id, Deadline deadline) override;
  void FireEdge(const UserKey& user, std::function<void(absl::StatusOr<ChangeResult>)> done) override;
  void Report(const UserKey& user, const SignalReport& report, Deadline deadline, SignalStore::Done done) override;
  std::optional<TimePoint> StoreNow() const override;
  void RefreshClock() override;

 private:
  std::string ClockArgument() const;

  RedisClient& redis_;
  const KnownEpoch& epoch_;
  const SignalLeases leases_;
  const Clock* const test_clock_;
  const std::shared_ptr<StoreClock> clock_;  // shared with callbacks that may come after the store is gone
};

}  // namespace crosspoint::presence
