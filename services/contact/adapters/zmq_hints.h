#pragma once

#include <functional>
#include <utility>

#include "common/zmq/ports.h"
#include "contact/app/ports.h"

namespace crosspoint::contact {

// Hints on the bus channel "contact": the key is the name of a user whose contacts changed, nothing else is said.
// Whoever hears it reads the store.
inline constexpr char kHintChannel[] = "contact";

class ZmqChangeAnnouncer final : public ChangeAnnouncer {
 public:
  explicit ZmqChangeAnnouncer(FramePublisher& publisher) : publisher_(publisher) {}
  void Announce(const UserId& owner) override;

 private:
  FramePublisher& publisher_;
};

// Hears the hints, this replica's own included.
class ZmqHintListener final : public BusListener {
 public:
  explicit ZmqHintListener(std::function<void(const UserId&)> on_hint) : on_hint_(std::move(on_hint)) {}

  // The channel has no store, so neither of these comes.
  void OnResync(ShardSnapshot) override {}
  void OnCurrent(bool) override {}
  void OnChange(const BusFrame& frame) override;

 private:
  const std::function<void(const UserId&)> on_hint_;
};

}  // namespace crosspoint::contact
