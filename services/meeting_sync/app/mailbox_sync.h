#pragma once

#include <functional>
#include <span>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/log/log.h"
#include "meeting_sync/app/ports.h"

namespace crosspoint::meeting_sync {

// What one run did.
struct SyncReport {
  int changes = 0;  // the provider told
  int claims_put = 0;
  int claims_deleted = 0;
  bool reset = false;  // everything was read anew
};

// Brings store and claims up to date with a mailbox: reads what changed, compares, writes links, claims and sync state
// in one fenced step. Killed anywhere, the next run ends at the same result. Thread-safe; runs of one mailbox must not
// overlap, which its lease and reader see to.
class MailboxSync {
 public:
  // Hears what a run read before it is committed, again and again until it succeeds: LiveLink::Follow.
  using Follower = std::function<absl::Status(const Mailbox&, std::span<const CalendarChange>, bool reset)>;

  // `follower` empty: nobody else cares.
  MailboxSync(CalendarSource& calendar, SyncStore& store, const Clock& clock, log::Logger& log, Follower follower = {})
      : calendar_(calendar), store_(store), clock_(clock), log_(log), follower_(std::move(follower)) {}

  // Errors of the ports come through; FENCED means that the mailbox has another reader.
  absl::StatusOr<SyncReport> Run(const Mailbox& mailbox, const MailboxLease& lease);
  // Takes all claims back and forgets the mailbox.
  absl::Status Retire(const UserId& user, const MailboxLease& lease);

 private:
  struct Reading {
    std::vector<CalendarChange> changes;
    std::string sync_state;
    bool reset = false;
  };
  absl::StatusOr<Reading> ReadChanges(const Mailbox& mailbox, const SyncPoint& point);
  absl::Status ConfirmUnseen(const Mailbox& mailbox, const SyncWindow& window, const Reading& reading,
                             LinkTable& links);
  absl::Status ExtendWindow(const Mailbox& mailbox, const SyncPoint& point, const SyncWindow& window, LinkTable& links);
  absl::Status RefreshOccurrences(const Mailbox& mailbox, const SyncWindow& window, bool reset, LinkTable& links);

  CalendarSource& calendar_;
  SyncStore& store_;
  const Clock& clock_;
  log::Logger& log_;
  const Follower follower_;
};

}  // namespace crosspoint::meeting_sync
