#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/zmq/frame.h"

namespace crosspoint {

// Where changes are handed to the bus. Thread-safe; never blocks. Delivery is a hint: a frame that gets lost is found
// by the readers (gap or heartbeat), who then read the store.
class FramePublisher {
 public:
  virtual ~FramePublisher() = default;
  virtual void Publish(BusFrame frame) = 0;
};

// The store whose changes a channel carries; implemented by the service. Called on the bus's worker threads, which may
// wait, but no longer than a few seconds: it is also how long stopping takes. Fetch and ReadRevisions overlap.
// The epoch must change whenever the store may have lost history (emptied, restored from a backup, failed over with
// loss): revisions that are given twice cannot be told apart otherwise.
class BusStore {
 public:
  virtual ~BusStore() = default;

  // A snapshot of each of `shards`, each one consistent with its revision. A shard missing from the answer is asked for
  // again later, as are all after an error.
  virtual absl::StatusOr<std::vector<ShardSnapshot>> Fetch(std::span<const ShardId> shards) = 0;

  // The present revision of all shards; called four times a second, so it should be one round trip.
  virtual absl::StatusOr<ShardRevisions> ReadRevisions() = 0;
};

// Receives a channel. All calls come from one thread, one at a time. While a call runs nothing is received, so keep it
// short.
class BusListener {
 public:
  virtual ~BusListener() = default;

  // The shard now holds exactly these entries; whatever was known of it before is void. Within an epoch it never goes
  // back, unless the store itself did.
  virtual void OnResync(ShardSnapshot snapshot) = 0;

  // The next change of a shard: exactly one revision after the last OnChange or OnResync of that shard. On a channel
  // without a store frames come as they arrive: unordered, possibly twice, possibly not at all.
  virtual void OnChange(const BusFrame& frame) = 0;

  // False: what was heard may be old, because nobody could read the store's revisions for four heartbeats, or something
  // has been missing for as long. True again behind all that was missed. Never called on a channel without a store.
  virtual void OnCurrent(bool current) = 0;
};

// A node of the bus as the others find it.
struct Peer {
  std::string endpoint;    // "tcp://10.1.2.3:5555"; unique, so it is also the node's identity
  std::string public_key;  // CURVE, Z85, 40 characters

  auto operator<=>(const Peer&) const = default;
};

// Who takes part in a channel. Thread-safe; calls may wait.
class PeerDirectory {
 public:
  virtual ~PeerDirectory() = default;

  // Announces or renews `self` for `lease`. An entry with the same endpoint is replaced.
  virtual absl::Status Register(std::string_view channel, const Peer& self, std::chrono::milliseconds lease) = 0;

  // Takes `self` away at once; an entry that meanwhile carries another key stays.
  virtual absl::Status Unregister(std::string_view channel, const Peer& self) = 0;

  // All whose lease runs, in no order, the caller included.
  virtual absl::StatusOr<std::vector<Peer>> List(std::string_view channel) = 0;
};

}  // namespace crosspoint
