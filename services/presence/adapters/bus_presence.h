#pragma once

#include "common/log/log.h"
#include "common/zmq/ports.h"
#include "presence/adapters/redis_shards.h"
#include "presence/app/ports.h"
#include "presence/app/presence_feed.h"

namespace crosspoint::presence {

inline constexpr char kBusChannel[] = "presence";

// Changes of this replica onto the bus. Thread-safe.
class BusChangePublisher final : public ChangePublisher {
 public:
  BusChangePublisher(FramePublisher& bus, const Clock& clock) : bus_(bus), clock_(clock) {}
  void Publish(const UserKey& user, const ChangeResult& change) override;

 private:
  FramePublisher& bus_;
  const Clock& clock_;
};

// Changes of all replicas from the bus into memory.
class BusPresenceListener final : public BusListener {
 public:
  BusPresenceListener(PresenceFeed& feed, log::Logger& log) : feed_(feed), log_(log) {}
  void OnResync(ShardSnapshot snapshot) override;
  void OnChange(const BusFrame& frame) override;

 private:
  PresenceFeed& feed_;
  log::Logger& log_;
};

}  // namespace crosspoint::presence
