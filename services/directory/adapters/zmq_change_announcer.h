#pragma once

#include "common/zmq/ports.h"
#include "directory/app/ports.h"

namespace crosspoint::directory {

// Hints on the bus channel "directory": the key is the tenant, nothing else is said. Whoever hears it reads the store.
inline constexpr char kHintChannel[] = "directory";

class ZmqChangeAnnouncer final : public ChangeAnnouncer {
 public:
  explicit ZmqChangeAnnouncer(FramePublisher& publisher) : publisher_(publisher) {}
  void Announce(const TenantId& tenant) override;

 private:
  FramePublisher& publisher_;
};

}  // namespace crosspoint::directory
