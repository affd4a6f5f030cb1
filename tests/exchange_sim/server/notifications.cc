#include "exchange_sim/server/notifications.h"

#include <algorithm>

#include "exchange_sim/ids.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr size_t kMaxEvents = 50;  // of one notification

}  // namespace

Notification TakeNotification(Subscription& subscription) {
  Notification notification;
  notification.subscription = subscription.id;
  notification.more = subscription.pending.size() > kMaxEvents;
  while (!subscription.pending.empty() && notification.events.size() < kMaxEvents) {
    notification.events.push_back(std::move(subscription.pending.front()));
    subscription.pending.pop_front();
  }
  return notification;
}

std::optional<Notification> ReadNotification(Subscription& subscription, uint64_t read) {
  auto& pending = subscription.pending;
  if (read < subscription.told || read > subscription.told + pending.size()) return std::nullopt;
  pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(read - subscription.told));
  subscription.told = read;
  Notification notification;
  notification.subscription = subscription.id;
  notification.more = pending.size() > kMaxEvents;
  notification.previous_watermark = FormatWatermark(subscription.id, read);
  for (size_t i = 0; i < std::min(pending.size(), kMaxEvents); ++i) {
    notification.events.push_back(pending[i]);
    notification.watermarks.push_back(FormatWatermark(subscription.id, read + i + 1));
  }
  return notification;
}

void WriteNotification(XmlWriter& out, const Notification& notification) {
  const bool pull = !notification.previous_watermark.empty();
  out.Open("m:Notification").Leaf("t:SubscriptionId", notification.subscription);
  if (pull) out.Leaf("t:PreviousWatermark", notification.previous_watermark);
  out.Flag("t:MoreEvents", notification.more);
  if (notification.events.empty()) {
    out.Open("t:StatusEvent");
    if (pull) out.Leaf("t:Watermark", notification.previous_watermark);
    out.Close();
  }
  for (size_t i = 0; i < notification.events.size(); ++i) {
    const Event& event = notification.events[i];
    out.Open("t:" + event.type);
    if (pull) out.Leaf("t:Watermark", notification.watermarks[i]);
    out.Leaf("t:TimeStamp", FormatDateTime(event.at)).Raw(event.item_xml).Raw(event.parent_xml);
    out.Raw(event.old_item_xml).Raw(event.old_parent_xml).Close();
  }
  out.Close();
}

}  // namespace crosspoint::exchange_sim
