#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "common/clock/clock.h"
#include "common/log/log.h"
#include "common/zmq/bus_config.h"
#include "common/zmq/ports.h"

namespace crosspoint {

// Counters since Start, for metrics.
struct BusStats {
  uint64_t published = 0;       // frames handed to Publish
  uint64_t dropped = 0;         // of these, lost to a full queue of this process, too large, or not running
  uint64_t received = 0;        // frames from peers
  uint64_t applied = 0;         // OnChange calls
  uint64_t duplicates = 0;      // frames that were known already
  uint64_t gaps = 0;            // holes found, by a later frame or a heartbeat
  uint64_t resyncs = 0;         // OnResync calls
  uint64_t fetch_failures = 0;  // snapshot reads that failed
  uint64_t malformed = 0;       // messages that could not be read
  uint64_t heartbeats_sent = 0;
  uint64_t refused_clients = 0;  // handshakes with a key that no peer registered
  uint64_t peers = 0;            // now connected to, not counting this node
  uint64_t synced_shards = 0;    // now following; 256 when complete
};

// One member of one channel of the event bus: publishes its own changes, follows everybody's.
//
//   BusNode bus(config, "presence", peers, &store, table, clock, log);
//   CROSSPOINT_RETURN_IF_ERROR(bus.Start());
//   bus.Publish(frame);  // after the store took the change
//
// The listener hears of every change of every node, this one included, in revision order per shard; the store is asked
// for snapshots at the start and whenever something was missed. `store` may be null: then the channel carries hints,
// which are passed on as they come, without order, heartbeat or resync.
// Peers that lose sight of the directory keep talking to those they know. Thread-safe. All references must outlive the
// node.
class BusNode final : public FramePublisher {
 public:
  BusNode(BusConfig config, std::string channel, PeerDirectory& directory, BusStore* store, BusListener& listener,
          const Clock& clock, log::Logger& log);
  ~BusNode() override;  // stops

  // Binds and starts the threads; does not wait for the directory or the store, which may still be away. Call once.
  //   kInvalidArgument  names the setting that is wrong (channel, address, key file)
  //   kUnavailable      the address cannot be bound
  absl::Status Start();

  // Takes the node off the bus and joins all threads. Frames accepted before are sent first if peers take them at once.
  void Stop();

  // Before Start and after Stop frames are dropped (and counted).
  void Publish(BusFrame frame) override;

  // True once every shard has had its first snapshot; always true without a store. For readiness.
  bool Synced() const;

  // How this node is registered; valid after Start.
  const Peer& self() const;

  BusStats Stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crosspoint
