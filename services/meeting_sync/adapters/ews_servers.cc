#include "meeting_sync/adapters/ews_servers.h"

#include "common/status/status.h"
#include "common/tracing/tracing.h"
#include "connectors/ews/properties.h"
#include "meeting_sync/app/reasons.h"

namespace crosspoint::meeting_sync {

MailServer EwsServers::ServerOf(const Mailbox& mailbox) {
  const auto& tenant = mailbox.user.tenant;
  auto place = clients_.Known(tenant.value, mailbox.address);
  return {tenant, place ? std::move(place->url) : clients_.HomeUrl(tenant.value)};
}

absl::StatusOr<EwsServers::Seat> EwsServers::SeatOf(const Mailbox& mailbox, std::optional<Deadline> deadline) {
  CROSSPOINT_RETURN_IF_ERROR(HomeOf(mailbox.user.tenant).status());
  auto seat = clients_.Find(mailbox.user.tenant.value, mailbox.address, deadline);
  CheckPlace(mailbox);
  return seat;
}

absl::StatusOr<ews::EwsClient*> EwsServers::ClientOf(const Mailbox& mailbox, std::optional<Deadline> deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto seat, SeatOf(mailbox, deadline));
  return seat.client;
}

absl::StatusOr<ews::EwsClient*> EwsServers::HomeOf(const TenantId& tenant) const {
  if (auto* const client = clients_.Find(tenant.value)) return client;
  return Refused(absl::StatusCode::kFailedPrecondition, "NO_CONNECTOR", "the tenant has no Exchange connector");
}

void EwsServers::Watch(const void* watch, const Mailbox& mailbox, ews::MailboxPlace place,
                       std::function<void()> on_moved) {
  const std::lock_guard lock(watch_mu_);
  watched_[mailbox.user] = {watch, std::move(place), std::move(on_moved)};
}

void EwsServers::EndWatch(const void* watch, const Mailbox& mailbox) {
  const std::lock_guard lock(watch_mu_);
  const auto found = watched_.find(mailbox.user);
  if (found != watched_.end() && found->second.watch == watch) watched_.erase(found);
}

void EwsServers::CheckPlace(const Mailbox& mailbox) {
  const auto known = clients_.Known(mailbox.user.tenant.value, mailbox.address);
  const std::lock_guard lock(watch_mu_);
  const auto found = watched_.find(mailbox.user);
  if (found == watched_.end() || found->second.place == known) return;
  found->second.on_moved();
}

ews::FeedServer& EwsServers::FeedOf(const TenantId& tenant, const Seat& seat) {
  const std::lock_guard lock(mu_);
  auto& feed = feeds_[seat.client];
  if (!feed) feed = std::make_unique<Feed>(*seat.client, health_, MailServer{tenant, seat.place.url});
  return feed->guarded;
}

ews::EwsCall CallFor(const Mailbox& mailbox, std::optional<Deadline> deadline) {
  ews::EwsCall call{.mailbox = mailbox.address, .deadline = deadline};
  call.traceparent = tracing::FormatTraceparent(tracing::Current());
  call.urgency = deadline ? ews::Urgency::kUserFacing : ews::Urgency::kBackground;
  return call;
}

const std::vector<ews::PropertyPath>& OurProperties() {
  static const std::vector<ews::PropertyPath> paths = {ews::CrosspointAvailabilityStatePath(), ews::CrosspointIdPath()};
  return paths;
}

}  // namespace crosspoint::meeting_sync
