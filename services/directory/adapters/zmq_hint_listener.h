#pragma once

#include <functional>
#include <utility>

#include "common/ids/ids.h"
#include "common/zmq/ports.h"

namespace crosspoint::directory {

// Hears the hints of ZmqChangeAnnouncer, this replica's own included.
class ZmqHintListener final : public BusListener {
 public:
  explicit ZmqHintListener(std::function<void(const TenantId&)> on_hint) : on_hint_(std::move(on_hint)) {}

  void OnResync(ShardSnapshot) override {}  // the channel has no store, so there are none
  void OnChange(const BusFrame& frame) override { on_hint_(TenantId{frame.key}); }

 private:
  const std::function<void(const TenantId&)> on_hint_;
};

}  // namespace crosspoint::directory
