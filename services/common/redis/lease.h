#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/redis/client.h"

namespace crosspoint {

// Sole ownership of something for a while. While it is held, the lease's key holds `token`; scripts that act under the
// lease take its key and token and check, in the same step as they write:
//   if redis.call('GET', KEYS[2]) ~= ARGV[1] then return redis.error_reply('FENCED lease lost') end
// which the client answers with kAborted, reason FENCED. Stores outside Redis compare `fence` instead: it grows with
// every new owner of the key, also after release and expiry, and a lower one than already seen is stale.
struct Lease {
  std::string key;     // e.g. "cp:{meeting_sync:acme:u42}:lease:feed"; the counter lives beside it, in <key>:fence
  std::string holder;  // who holds it: unique per process, not only per host
  uint64_t fence = 0;
  std::string token;  // "<fence>:<holder>"
  std::chrono::milliseconds ttl{};
  Deadline valid_until{};  // nobody else can have it before; renewals move it in Redis, not in copies of this
};

// Takes, extends and gives back leases. Stateless; thread-safe.
class Leases {
 public:
  explicit Leases(RedisClient& redis) : redis_(redis) {}

  // Takes the lease when it is free. The holder that already has it gets the same fence and a fresh `ttl`, so a call
  // whose answer was lost can be repeated. The counter is written durably.
  //   kFailedPrecondition  LEASE_HELD, metadata: holder, remaining_ms
  absl::StatusOr<Lease> Acquire(const std::string& key, const std::string& holder, std::chrono::milliseconds ttl,
                                Deadline deadline);
  // Extends to `lease.ttl` from now.  kAborted  LEASE_LOST: it expired or has another owner.
  absl::Status Renew(const Lease& lease, Deadline deadline);
  void RenewAsync(const Lease& lease, Deadline deadline, std::function<void(absl::Status)> done);
  // Gives it back; OK also when it was lost before.
  absl::Status Release(const Lease& lease, Deadline deadline);

 private:
  RedisClient& redis_;
};

// Renews any number of leases every third of their ttl, from one thread. A lease is called lost when Redis says so, or
// when no renewal succeeded for its ttl, so the owner stops before another can begin. Destroyed, it stops renewing and
// releases nothing.
class LeaseKeeper {
 public:
  explicit LeaseKeeper(RedisClient& redis);
  ~LeaseKeeper();
  LeaseKeeper(const LeaseKeeper&) = delete;
  LeaseKeeper& operator=(const LeaseKeeper&) = delete;

  // Renews `lease`, just acquired, until Drop, Release or its loss. `on_lost` runs at most once, on the keeper's
  // thread; it may call the keeper and must not block for long.
  void Keep(const Lease& lease, std::function<void(const Lease&)> on_lost);
  // Stops renewing; on_lost will not start any more (it may be running). The lease runs out by itself.
  void Drop(const std::string& key);
  // Drop, then gives the lease back.
  absl::Status Release(const Lease& lease, Deadline deadline);
  size_t size() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crosspoint
