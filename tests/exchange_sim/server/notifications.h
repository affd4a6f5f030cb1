#pragma once

#include <optional>
#include <string>
#include <vector>

#include "exchange_sim/server/subscriptions.h"
#include "exchange_sim/xml.h"

namespace crosspoint::exchange_sim {

// What one subscription tells at a time.
struct Notification {
  std::string subscription;
  bool more = false;                    // events wait that did not fit
  std::vector<Event> events;            // 50 at most
  std::string previous_watermark;       // pull only, like the next
  std::vector<std::string> watermarks;  // of the events
};

// Of a stream: takes the oldest events that wait.
Notification TakeNotification(Subscription& subscription);
// Of a pull: forgets the events up to the number `read`, and copies the oldest of the others. nullopt when the
// subscription never had so many, or has forgotten more.
std::optional<Notification> ReadNotification(Subscription& subscription, uint64_t read);
// <m:Notification>, with a StatusEvent when there is nothing to tell.
void WriteNotification(XmlWriter& out, const Notification& notification);

}  // namespace crosspoint::exchange_sim
