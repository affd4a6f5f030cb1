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

  // The channel has no store, so neither of these comes.
  void OnResync(ShardSnapshot) override {}
  void OnCurrent(bool) override {}
  void OnChange(const BusFrame& frame) override { on_hint_(TenantId{frame.key}); }

 private:
  const std::function<void(const TenantId&)> on_hint_;
};

}  // namespace crosspoint::directory
