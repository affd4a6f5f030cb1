#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "contact/app/ports.h"
#include "contact/app/user_book.h"
#include "contact/domain/contact.h"

namespace crosspoint::contact {

// An item of a mailbox's contacts folder.
struct MailboxItem {
  std::string id;
  std::string change_key;
  std::string contact;      // our id of the contact that the item was made for; empty when it was not made by us
  Facts card;               // not completed
  int64_t modified_us = 0;  // since 1970; 0 when the server does not say
};

struct MailboxChange {
  bool removed = false;  // then only the item's id means something
  MailboxItem item;
};

struct MailboxChanges {
  std::string sync_state;
  std::vector<MailboxChange> changes;
  bool last = true;  // false: there is more, ask again with the new sync state
};

// Contacts folders of mailboxes. Thread-safe; each call waits for the mail server. Errors:
//   kUnavailable, kDeadlineExceeded  the mail server is in trouble: try again later
//   kResourceExhausted               slow down
//   kFailedPrecondition              an administrator has to act; SYNC_STATE_LOST as noted
//   kNotFound                        no such mailbox
class ContactMailboxes {
 public:
  virtual ~ContactMailboxes() = default;
  // What changed since `sync_state`; from the beginning when empty. Distribution lists are left out.
  //   SYNC_STATE_LOST  the server does not know it any more
  virtual absl::StatusOr<MailboxChanges> Changes(const Mailbox& mailbox, const std::string& sync_state) = 0;
  // In that order; nullopt where one is certainly gone from the folder.
  virtual absl::StatusOr<std::vector<std::optional<MailboxItem>>> Get(const Mailbox& mailbox,
                                                                      const std::vector<std::string>& ids) = 0;
  // Items of the folder that were made for our contact.
  virtual absl::StatusOr<std::vector<MailboxItem>> Find(const Mailbox& mailbox, const std::string& contact) = 0;
  // Both return the item's id and change key.
  virtual absl::StatusOr<MailboxItem> Create(const Mailbox& mailbox, const std::string& contact, const Facts& card) = 0;
  //   kAborted  the item changed since it was read
  virtual absl::StatusOr<MailboxItem> Update(const Mailbox& mailbox, const MailboxItem& item, const Facts& card) = 0;
  // To Deleted Items. OK also when it is gone.
  virtual absl::Status Delete(const Mailbox& mailbox, const std::string& id) = 0;
};

// Sole right to write what is known of a mailbox. `token` is what the store checks.
struct MailboxLease {
  std::string token;
};

class MailboxLeases {
 public:
  virtual ~MailboxLeases() = default;
  // Kept until Release; lost when the store is away for its time.
  //   kFailedPrecondition  LEASE_HELD: somebody else has it, also within this process
  virtual absl::StatusOr<MailboxLease> Acquire(const UserId& user) = 0;
  virtual void Release(const UserId& user, const MailboxLease& lease) = 0;
};

// How a contact stands in the mailbox.
struct Link {
  std::string item;
  std::string change_key;
  Facts base;  // the card both sides last agreed on
};

struct Linked {
  std::optional<Contact> contact;  // of kOwn or kExchange; nullopt when there is none such
  std::optional<Link> link;
};

struct SyncPoint {
  std::string sync_state;
  int64_t begun_us = 0;      // of the last run that succeeded, by the store's clock
  int64_t sync_time_us = 0;  // its end
  std::string problem;       // empty when nothing
  int linked = 0;            // contacts that are in the mailbox
  int held = 0;              // deletions that wait for an administrator
};

// What a run changes, together or not at all.
struct SyncCommit {
  std::vector<ContactWrite> writes;
  std::map<std::string, Link> links;  // by contact, to be set
  std::vector<std::string> unlinked;  // contacts
  std::vector<std::string> hold;      // contacts whose deletion waits
  std::vector<std::string> release;   // contacts whose deletion does not wait any more
  std::vector<std::string> tell;      // contacts whose mailbox item is to be brought up to date
  std::optional<std::string> sync_state;
  int64_t begun_us = 0;  // with sync_state
  bool empty() const {
    return writes.empty() && links.empty() && unlinked.empty() && hold.empty() && release.empty() && tell.empty();
  }
};

// What is known of mailboxes. Thread-safe; waits for the store at most by its own deadline.
class SyncStore {
 public:
  virtual ~SyncStore() = default;
  virtual absl::StatusOr<SyncPoint> LoadPoint(const UserId& user) = 0;
  // Which contacts came from these items; those that are not known are left out.
  virtual absl::StatusOr<std::map<std::string, std::string>> ContactsOf(const UserId& user,
                                                                        const std::vector<std::string>& items) = 0;
  // All items that contacts came from, with the contact.
  virtual absl::StatusOr<std::map<std::string, std::string>> AllItems(const UserId& user) = 0;
  virtual absl::StatusOr<std::map<std::string, Linked>> Load(const UserId& user,
                                                             const std::vector<std::string>& contacts) = 0;
  virtual absl::StatusOr<std::vector<std::string>> Held(const UserId& user) = 0;
  // Microseconds since 1970.
  virtual absl::StatusOr<int64_t> Now() = 0;
  //   kAborted  FENCED: the lease is lost; ETAG_STALE: somebody changed a contact meanwhile
  virtual absl::Status Commit(const UserId& user, const MailboxLease& lease, const SyncCommit& commit) = 0;
  virtual absl::Status NoteProblem(const UserId& user, const MailboxLease& lease, const std::string& problem) = 0;
};

}  // namespace crosspoint::contact
