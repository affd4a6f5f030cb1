#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "presence/app/ports.h"

namespace crosspoint::presence {

// The store in memory, with the clock it is given: for tests of use cases, and the model that the Redis scripts are
// compared with. All users share one shard.
class FakePresenceStore final : public PresenceStore, public EdgeStore, public SignalStore {
 public:
  explicit FakePresenceStore(const Clock& clock, SignalLeases leases = {}) : clock_(clock), leases_(leases) {}

  absl::StatusOr<ChangeResult> Change(const UserId& user, const ClaimChange& change, Deadline deadline) override;
  absl::StatusOr<UserClaims> Read(const UserId& user, const std::string& request_id, Deadline deadline) override;
  void FireEdge(const UserKey& user, std::function<void(absl::StatusOr<ChangeResult>)> done) override;
  void Report(const UserKey& user, const SignalReport& report, Deadline deadline, Done done) override;
  std::optional<TimePoint> StoreNow() const override { return clock_.Now(); }
  void RefreshClock() override {}

  // While away every call fails with kUnavailable.
  void SetAway(bool away);
  // Runs before the next Change, once: what another replica does between this one's reading and writing.
  void BeforeNextChange(std::function<void()> action);

 private:
  struct Answer {
    std::string fingerprint;
    PresenceRecord record;
  };
  struct User {
    PresenceRecord record;
    std::map<ClaimId, Claim> claims;
    std::map<std::string, Answer> answers;
    std::map<DeviceId, DeviceLine> lines;
    std::optional<TimePoint> online_until;
  };
  absl::StatusOr<ChangeResult> ChangeLocked(User& user, const ClaimChange& change);
  ChangeResult Settle(User& user, bool claims_changed, TimePoint now);

  absl::StatusOr<ChangeResult> ReportLocked(User& user, const SignalReport& report);

  const Clock& clock_;
  const SignalLeases leases_;
  std::mutex mu_;
  std::map<UserKey, User> users_;             // guarded by mu_
  uint64_t revision_ = 0;                     // guarded by mu_
  bool away_ = false;                         // guarded by mu_
  std::function<void()> before_next_change_;  // guarded by mu_
};

}  // namespace crosspoint::presence
