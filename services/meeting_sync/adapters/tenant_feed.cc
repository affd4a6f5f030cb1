#include "meeting_sync/adapters/tenant_feed.h"

#include <atomic>
#include <utility>

#include "common/status/status.h"

namespace crosspoint::meeting_sync {

absl::StatusOr<ews::Subscription> TenantFeed::Subscribe(const std::string& mailbox, const ews::Affinity& affinity) {
  CROSSPOINT_RETURN_IF_ERROR(health_.Enter(name_));
  auto subscription = server_.Subscribe(mailbox, affinity);
  health_.Leave(name_, TenantHealth::VerdictOf(subscription.status()), subscription.status());
  return subscription;
}

std::unique_ptr<ews::EwsStream> TenantFeed::OpenStream(const std::vector<std::string>& subscription_ids,
                                                       std::chrono::minutes life, ews::EwsStreamCallbacks callbacks,
                                                       const std::string& mailbox, const ews::Affinity& affinity) {
  auto stood = std::make_shared<std::atomic<bool>>(false);  // shared by the callbacks
  const auto told = callbacks;
  callbacks.on_alive = [this, stood, told] {
    if (!stood->exchange(true)) health_.Leave(name_, TenantHealth::Verdict::kAnswered, absl::OkStatus());
    told.on_alive();
  };
  callbacks.on_end = [this, stood, told](const absl::Status& status) {
    if (!*stood) health_.Leave(name_, TenantHealth::VerdictOf(status), status);
    told.on_end(status);
  };
  return server_.OpenStream(subscription_ids, life, std::move(callbacks), mailbox, affinity);
}

}  // namespace crosspoint::meeting_sync
