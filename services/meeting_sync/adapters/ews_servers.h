#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "connectors/ews/feed/feed_server.h"
#include "connectors/ews_gate/tenant_clients.h"
#include "meeting_sync/adapters/tenant_feed.h"
#include "meeting_sync/app/ports.h"
#include "meeting_sync/app/tenant_health.h"

namespace crosspoint::meeting_sync {

// Which Exchange server has a mailbox, and who speaks to it. Thread-safe.
class EwsServers final : public MailServers {
 public:
  using Seat = ews::TenantClients::Seat;

  // Both must outlive it.
  EwsServers(ews::TenantClients& clients, TenantHealth& health) : clients_(clients), health_(health) {}

  MailServer ServerOf(const Mailbox& mailbox) override;

  // May ask Autodiscover. With a deadline somebody waits for it.
  absl::StatusOr<Seat> SeatOf(const Mailbox& mailbox, std::optional<Deadline> deadline = std::nullopt);
  absl::StatusOr<ews::EwsClient*> ClientOf(const Mailbox& mailbox, std::optional<Deadline> deadline = std::nullopt);
  // At the tenant's own address.
  absl::StatusOr<ews::EwsClient*> HomeOf(const TenantId& tenant) const;
  // Remembers that the mailbox is watched at `place`, until the same `watch` is ended. `on_moved` is called on any
  // thread, with its lock held, once it is known to be elsewhere, or doubtful where it is.
  void Watch(const void* watch, const Mailbox& mailbox, ews::MailboxPlace place, std::function<void()> on_moved);
  void EndWatch(const void* watch, const Mailbox& mailbox);
  // Tells the mailbox's watch when it is no longer where it looks, as far as is known.
  void CheckPlace(const Mailbox& mailbox);
  // What the feed speaks to; lives as long as this.
  ews::FeedServer& FeedOf(const TenantId& tenant, const Seat& seat);

 private:
  struct Feed {
    ews::EwsFeedServer server;
    TenantFeed guarded;
    Feed(ews::EwsClient& client, TenantHealth& health, MailServer name)
        : server(client), guarded(server, health, std::move(name)) {}
  };

  struct Watched {
    const void* watch = nullptr;
    ews::MailboxPlace place;
    std::function<void()> on_moved;
  };

  ews::TenantClients& clients_;
  TenantHealth& health_;
  std::mutex mu_;
  std::map<ews::EwsClient*, std::unique_ptr<Feed>> feeds_;  // guarded by mu_
  std::mutex watch_mu_;
  std::map<UserId, Watched> watched_;  // guarded by watch_mu_
};

// A call about the mailbox; with a deadline somebody waits for it.
ews::EwsCall CallFor(const Mailbox& mailbox, std::optional<Deadline> deadline = std::nullopt);
// What we keep on items, and read with each.
const std::vector<ews::PropertyPath>& OurProperties();

}  // namespace crosspoint::meeting_sync
