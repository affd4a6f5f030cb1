#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connectors/ews/feed/feed_server.h"
#include "meeting_sync/app/tenant_health.h"

namespace crosspoint::meeting_sync {

// A server as its feed sees it, behind its circuit breaker. Openings tell how the server is, but are
// not held back: there is one for up to 200 mailboxes, and the feed itself tries ever more slowly. A connection that
// ends after it stood says nothing: servers end connections. Thread-safe.
class TenantFeed final : public ews::FeedServer {
 public:
  // Both must outlive it.
  TenantFeed(ews::FeedServer& server, TenantHealth& health, MailServer name)
      : server_(server), health_(health), name_(std::move(name)) {}

  absl::StatusOr<ews::Subscription> Subscribe(const std::string& mailbox, const ews::Affinity& affinity) override;
  void Unsubscribe(const std::string& subscription_id, const std::string& mailbox,
                   const ews::Affinity& affinity) override {
    server_.Unsubscribe(subscription_id, mailbox, affinity);
  }
  std::unique_ptr<ews::EwsStream> OpenStream(const std::vector<std::string>& subscription_ids,
                                             std::chrono::minutes life, ews::EwsStreamCallbacks callbacks,
                                             const std::string& mailbox, const ews::Affinity& affinity) override;

 private:
  ews::FeedServer& server_;
  TenantHealth& health_;
  const MailServer name_;
};

}  // namespace crosspoint::meeting_sync
