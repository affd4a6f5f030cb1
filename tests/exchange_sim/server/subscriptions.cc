#include "exchange_sim/server/subscriptions.h"

#include <algorithm>

namespace crosspoint::exchange_sim {
namespace {

bool Watches(const Subscription& subscription, const Event& event) {
  if (!subscription.event_types.contains(event.type)) return false;
  return subscription.all_folders || std::any_of(event.folders.begin(), event.folders.end(), [&](uint64_t folder) {
           return subscription.folders.contains(folder);
         });
}

}  // namespace

void Subscriptions::Add(Subscription subscription) {
  by_mailbox_[subscription.mailbox].push_back(subscription.id);
  const std::string id = subscription.id;
  by_id_.insert_or_assign(id, std::move(subscription));
}

Subscription* Subscriptions::Find(std::string_view id) {
  const auto found = by_id_.find(std::string(id));
  return found == by_id_.end() ? nullptr : &found->second;
}

void Subscriptions::Remove(std::string_view id) {
  const auto found = by_id_.find(std::string(id));
  if (found == by_id_.end()) return;
  if (StreamConnection* connection = found->second.connection) {
    connection->gone.push_back(found->first);
    connection->changed.notify_all();
  }
  const auto siblings = by_mailbox_.find(found->second.mailbox);
  std::erase(siblings->second, found->first);
  if (siblings->second.empty()) by_mailbox_.erase(siblings);
  by_id_.erase(found);
}

void Subscriptions::Publish(uint64_t mailbox, const Event& event) {
  const auto watchers = by_mailbox_.find(mailbox);
  if (watchers == by_mailbox_.end()) return;
  for (const std::string& id : watchers->second) {
    Subscription& subscription = by_id_.at(id);
    if (!Watches(subscription, event)) continue;
    subscription.pending.push_back(event);
    if (subscription.connection == nullptr) continue;
    if (subscription.pending.size() == 1) subscription.connection->ready.push_back(id);
    subscription.connection->changed.notify_all();
  }
}

void Subscriptions::Expire(Seconds now) {
  if (now == last_look_) return;
  last_look_ = now;
  RemoveIf([now](const Subscription& subscription) {
    return subscription.connection == nullptr && subscription.last_used + subscription.life < now;
  });
}

size_t Subscriptions::CountOf(uint64_t mailbox) const {
  const auto found = by_mailbox_.find(mailbox);
  return found == by_mailbox_.end() ? 0 : found->second.size();
}

}  // namespace crosspoint::exchange_sim
