#include "contact/adapters/zmq_hints.h"

namespace crosspoint::contact {

void ZmqChangeAnnouncer::Announce(const UserId& owner) {
  const auto name = owner.Name();
  publisher_.Publish({.epoch = "hint", .shard = ShardOf(name), .revision = 1, .key = name});
}

void ZmqHintListener::OnChange(const BusFrame& frame) {
  if (const auto owner = UserId::Parse(frame.key); owner.ok()) on_hint_(*owner);
}

}  // namespace crosspoint::contact
