#pragma once

#include "contact/app/mailbox_reader.h"

namespace crosspoint::contact {

// Carries out what the outbox says: brings one contact to the mailbox. Thread-safe.
class MailboxWriter {
 public:
  struct Parts {
    MailboxLeases& leases;
    MailboxSync& sync;
    SyncStore& store;
    const UserBook& users;
    SyncObserver& observer;
    std::function<void(const UserId&)> on_change;  // the contact may have changed; must not wait
  };
  explicit MailboxWriter(Parts parts) : parts_(std::move(parts)) {}

  // OK also when the user has no mailbox.
  //   kUnavailable  also while another one works on the mailbox, and until the directory has told the users
  absl::Status Deliver(const UserId& user, const std::string& contact);

  // About the brake, asked by an administrator.
  //   kUnavailable  another one works on the mailbox
  //   kFailedPrecondition  NOTHING_HELD
  absl::StatusOr<SyncPoint> ResolveBrake(const UserId& user, bool proceed);
  absl::StatusOr<SyncPoint> Point(const UserId& user) { return parts_.store.LoadPoint(user); }

 private:
  const Parts parts_;
};

}  // namespace crosspoint::contact
