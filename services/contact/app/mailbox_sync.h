#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/ids/ids.h"
#include "common/log/log.h"
#include "contact/app/mailbox_ports.h"
#include "contact/app/sync_plan.h"

namespace crosspoint::contact {

// What one run did.
struct SyncReport {
  int changes = 0;     // the mailbox told
  int removed = 0;     // contacts
  int held = 0;        // deletions that the brake stopped
  int conflicts = 0;   // fields
  bool reset = false;  // everything was read anew
};

// Brings contacts and a mailbox together. Killed anywhere, the next run ends at the same result. Thread-safe; runs of
// one mailbox must not overlap, which its lease sees to.
class MailboxSync {
 public:
  // `regions`: how numbers without a country code are meant, by tenant.
  MailboxSync(ContactMailboxes& mailboxes, SyncStore& store, IdSource& ids, std::map<TenantId, std::string> regions,
              log::Logger& log)
      : mailboxes_(mailboxes), store_(store), ids_(ids), regions_(std::move(regions)), log_(log) {}

  // From the mailbox to here.  kAborted: try again at once
  absl::StatusOr<SyncReport> Pull(const Mailbox& mailbox, const MailboxLease& lease);
  // One contact to the mailbox: made, changed or deleted there as it is here.
  absl::Status Push(const Mailbox& mailbox, const MailboxLease& lease, const std::string& contact);
  // Lets the held deletions happen, or puts the contacts back into the mailbox.
  //   kFailedPrecondition  NOTHING_HELD
  absl::Status ResolveBrake(const UserId& user, const MailboxLease& lease, bool proceed);

 private:
  struct Reading {
    std::vector<MailboxChange> changes;
    std::string sync_state;
    bool reset = false;
  };
  std::string RegionOf(const UserId& user) const;
  absl::StatusOr<Reading> ReadChanges(const Mailbox& mailbox, const SyncPoint& point);
  absl::Status ConfirmUnseen(const Mailbox& mailbox, Reading& reading);
  absl::StatusOr<Known> LoadKnown(const UserId& user, const std::vector<MailboxChange>& changes);
  void ApplyBrake(const UserId& user, const SyncPoint& point, SyncPlan& plan, SyncReport& report);
  absl::Status CommitInSteps(const UserId& user, const MailboxLease& lease, SyncCommit commit);
  absl::Status PushDeletion(const Mailbox& mailbox, const MailboxLease& lease, const std::string& contact,
                            const Linked& linked);
  absl::Status PushNew(const Mailbox& mailbox, const MailboxLease& lease, const Contact& contact);
  absl::Status PushChange(const Mailbox& mailbox, const MailboxLease& lease, const Linked& linked,
                          const MailboxItem& item);

  ContactMailboxes& mailboxes_;
  SyncStore& store_;
  IdSource& ids_;
  const std::map<TenantId, std::string> regions_;
  log::Logger& log_;
};

}  // namespace crosspoint::contact
