#include "contact/app/mailbox_writer.h"

#include "common/status/status.h"
#include "contact/app/reasons.h"

namespace crosspoint::contact {
namespace {

absl::Status Passing(const absl::Status& status) {
  if (!HasReason(status, "LEASE_HELD")) return status;
  return absl::UnavailableError("another one works on the mailbox");
}

}  // namespace

absl::Status MailboxWriter::Deliver(const UserId& user, const std::string& contact) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto mailbox, parts_.users.Find(user));
  if (!mailbox) return absl::OkStatus();
  const auto lease = parts_.leases.Acquire(user);
  if (!lease.ok()) return Passing(lease.status());
  const auto pushed = parts_.sync.Push(*mailbox, *lease, contact);
  parts_.leases.Release(user, *lease);
  parts_.observer.OnPush(pushed);
  if (pushed.ok()) parts_.on_change(user);
  return pushed;
}

absl::StatusOr<SyncPoint> MailboxWriter::ResolveBrake(const UserId& user, bool proceed) {
  const auto lease = parts_.leases.Acquire(user);
  if (!lease.ok()) return Passing(lease.status());
  const auto resolved = parts_.sync.ResolveBrake(user, *lease, proceed);
  parts_.leases.Release(user, *lease);
  if (!resolved.ok()) return resolved;
  parts_.on_change(user);
  return parts_.store.LoadPoint(user);
}

}  // namespace crosspoint::contact
