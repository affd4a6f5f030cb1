#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/ids/ids.h"
#include "common/tasks/task_runner.h"
#include "meeting_sync/domain/claim_plan.h"
#include "meeting_sync/domain/item_link.h"
#include "meeting_sync/domain/meeting.h"

namespace crosspoint::meeting_sync {

using Deadline = std::chrono::steady_clock::time_point;

// Errors of the mailbox ports (CalendarSource, MeetingSource, ChangeFeed):
//   kUnavailable, kDeadlineExceeded  the mail server is in trouble: try again later
//   kResourceExhausted               slow down; metadata "back_off_ms" says how long, if the server did
//   kFailedPrecondition              an administrator has to act; reason SYNC_STATE_LOST and TOO_MANY_ITEMS as noted
//   kNotFound                        no such mailbox or item
// All are thread-safe and wait for the answer.

struct ChangePage {
  std::string sync_state;
  std::vector<CalendarChange> changes;
  bool last = true;  // false: there is more, ask again with the new sync state
};

// The calendar of a mailbox as synchronisation reads it.
class CalendarSource {
 public:
  virtual ~CalendarSource() = default;
  // What changed since `sync_state`; from the beginning when empty. Singles and series, never occurrences.
  //   SYNC_STATE_LOST  the provider does not know it any more
  virtual absl::StatusOr<ChangePage> Changes(const Mailbox& mailbox, const std::string& sync_state) = 0;
  // Every single item and occurrence that overlaps the time, complete.
  virtual absl::StatusOr<std::vector<CalendarEntry>> View(const Mailbox& mailbox, TimePoint start, TimePoint end) = 0;
  // The items by their ids, in that order; nullopt where one is certainly gone from the calendar.
  virtual absl::StatusOr<std::vector<std::optional<CalendarEntry>>> Confirm(const Mailbox& mailbox,
                                                                            const std::vector<std::string>& ids) = 0;
};

// The calendar of a mailbox as people read it, now.
class MeetingSource {
 public:
  virtual ~MeetingSource() = default;
  // Every single meeting and occurrence that overlaps the time, in no order, without attendees.
  //   TOO_MANY_ITEMS  more than the provider tells at once: ask for a shorter time
  virtual absl::StatusOr<std::vector<Meeting>> List(const Mailbox& mailbox, TimePoint start, TimePoint end,
                                                    Deadline deadline) = 0;
  // The meetings with all their facts, in that order; nullopt where one is gone.
  virtual absl::StatusOr<std::vector<std::optional<Meeting>>> Get(const Mailbox& mailbox,
                                                                  const std::vector<ItemRef>& items,
                                                                  Deadline deadline) = 0;
};

enum class MailboxFolder { kCalendar, kInbox, kContacts, kOther };

// A mailbox's place in the feed; destroying it ends it without a further callback once the destructor has returned.
class ChangeStream {
 public:
  virtual ~ChangeStream() = default;
};

// Called on threads of the feed's own: must neither block nor destroy the stream.
struct ChangeCallbacks {
  std::function<void(MailboxFolder)> on_change;
  // What happens from now on is told, but before it anything may have changed: read everything once after it. The feed
  // begins with it, and it follows every loss.
  std::function<void()> on_gap;
  // Changes are not told for the time being. The feed goes on trying; on_gap says when it has succeeded.
  std::function<void(const absl::Status&)> on_trouble;
};

class ChangeFeed {
 public:
  virtual ~ChangeFeed() = default;
  // Joins the feed of all folders of the mailbox without waiting for its begin: that is on_gap, which may come before
  // the return. It ends with the stream only.
  virtual absl::StatusOr<std::unique_ptr<ChangeStream>> Open(const Mailbox& mailbox, ChangeCallbacks callbacks) = 0;
};

// Sole right to read a mailbox. `token` is what the store checks.
struct MailboxLease {
  std::string token;
  uint64_t fence = 0;
};

class MailboxLeases {
 public:
  virtual ~MailboxLeases() = default;
  // Takes the lease and keeps it until Release or its loss; `on_lost` then runs once, on a thread of the leases' own.
  //   kFailedPrecondition  LEASE_HELD: another replica has it; metadata "remaining_ms"
  virtual absl::StatusOr<MailboxLease> Acquire(const UserId& user, std::function<void()> on_lost) = 0;
  virtual void Release(const UserId& user, const MailboxLease& lease) = 0;
};

// Which replicas of this service live.
class Replicas {
 public:
  virtual ~Replicas() = default;
  // Says that this one lives, for a few seconds, and returns all that do, sorted.
  virtual absl::StatusOr<std::vector<std::string>> Beat() = 0;
  virtual void Leave() = 0;
  virtual const std::string& self() const = 0;
};

// How far a mailbox was read.
struct SyncPoint {
  std::string sync_state;      // empty: never, or lost
  TimePoint sync_time;         // when mailbox and store were last known equal
  TimePoint window_end;        // single items that begin before are linked
  TimePoint view_end;          // occurrences up to here are linked
  int64_t resync_request = 0;  // latest wish to read everything anew; 0: none. A commit answers the one it names
  std::string problem;         // last trouble; empty when none
  uint64_t fence = 0;          // of the lease it was last written under
  int linked_items = 0;
};

struct StoredItems {
  LinkTable links;
  ClaimTable claims;  // that were handed to presence
};

// What one run changes. The claims to put and to delete go into the outbox in the same step.
struct SyncCommit {
  LinkDiff links;
  ClaimDiff claims;
  SyncPoint point;
};

class SyncStore {
 public:
  virtual ~SyncStore() = default;
  virtual absl::StatusOr<SyncPoint> LoadPoint(const UserId& user) = 0;
  virtual absl::StatusOr<StoredItems> LoadItems(const UserId& user) = 0;
  // nullopt when no such item is linked.
  virtual absl::StatusOr<std::optional<ItemLink>> FindLink(const UserId& user, const ItemKey& key) = 0;
  // kAborted, reason FENCED: another replica has taken the mailbox; nothing was written.
  virtual absl::Status Commit(const UserId& user, const MailboxLease& lease, const SyncCommit& commit) = 0;
  // Keeps what went wrong for people to see. FENCED as Commit.
  virtual absl::Status NoteProblem(const UserId& user, const MailboxLease& lease, const std::string& problem) = 0;
  // The replica that holds the mailbox now; empty when none does.
  virtual absl::StatusOr<std::string> Holder(const UserId& user) = 0;
  virtual absl::Status RequestResync(const UserId& user) = 0;
  // Forgets the mailbox and takes its claims back, by the outbox. FENCED as Commit.
  virtual absl::Status Drop(const UserId& user, const MailboxLease& lease, const ClaimTable& claims) = 0;
};

// The durable list of changed folders that other services follow.
class FeedLog {
 public:
  virtual ~FeedLog() = default;
  virtual absl::Status Append(const UserId& user, const std::vector<MailboxFolder>& folders) = 0;
};

// The names that listings gave to items that are not linked.
class NameMemory {
 public:
  virtual ~NameMemory() = default;
  virtual absl::Status Remember(const UserId& user, const std::vector<Meeting>& meetings) = 0;
  virtual absl::StatusOr<std::optional<ItemRef>> Find(const UserId& user, const ItemKey& key) = 0;
};

// Where claims go. Both are idempotent.
class Presence {
 public:
  virtual ~Presence() = default;
  // kInvalidArgument: the state is not in the tenant's table, or our bug.
  virtual absl::Status PutClaim(const UserId& user, const PlannedClaim& claim, Deadline deadline) = 0;
  virtual absl::Status DeleteClaim(const UserId& user, const std::string& claim_id, Deadline deadline) = 0;
};

}  // namespace crosspoint::meeting_sync
