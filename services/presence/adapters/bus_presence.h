#pragma once

#include <optional>
#include <string>

#include "common/log/log.h"
#include "common/zmq/ports.h"
#include "presence/adapters/redis_shards.h"
#include "presence/app/ports.h"
#include "presence/app/presence_feed.h"
#include "presence/app/table_keeper.h"

namespace crosspoint::presence {

inline constexpr char kBusChannel[] = "presence";

// Changes of this replica onto the bus. Thread-safe.
class BusChangePublisher final : public ChangePublisher, public TablePublisher {
 public:
  BusChangePublisher(FramePublisher& bus, const Clock& clock) : bus_(bus), clock_(clock) {}
  void Publish(const UserKey& user, const ChangeResult& change) override;
  void PublishTable(const TenantId& tenant, const TableChange& change) override;

 private:
  void Send(BusFrame frame);

  FramePublisher& bus_;
  const Clock& clock_;
};

// Changes of all replicas from the bus into memory.
class BusPresenceListener final : public BusListener {
 public:
  BusPresenceListener(PresenceFeed& feed, TableFeed& tables, log::Logger& log)
      : feed_(feed), tables_(tables), log_(log) {}
  void OnResync(ShardSnapshot snapshot) override;
  void OnChange(const BusFrame& frame) override;
  void OnCurrent(bool current) override { feed_.OnCurrent(current); }

 private:
  std::optional<StoredTable> TableOf(const std::string& epoch, const std::string& key, const std::string& payload);

  PresenceFeed& feed_;
  TableFeed& tables_;
  log::Logger& log_;
};

}  // namespace crosspoint::presence
