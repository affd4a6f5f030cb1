#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/log/log.h"
#include "voicemail/app/ports.h"

namespace crosspoint::voicemail {

struct CopySyncReport {
  int seen = 0;     // copies that the mailbox told of
  int changed = 0;  // messages that are otherwise now, or stayed so
  int stopped = 0;  // deletions that the brake stopped
};

// One look at the copies in an owner's mailbox: read state, deletion and undeletion become those of the messages. A
// mail that left the folders it was in is looked for by our id before anything is concluded; so is every one that a
// begin from nothing did not mention. Thread-safe; one run per mailbox at a time is secured by a lease.
class CopySync {
 public:
  CopySync(CopyStore& copies, VoiceMailboxes& mailboxes, ChangeListener& changes, const Clock& clock, log::Logger& log)
      : copies_(copies), mailboxes_(mailboxes), changes_(changes), clock_(clock), log_(log) {}

  // `confirm` also asks for mails in folders that are not read. Errors of the ports; LEASE_HELD.
  absl::StatusOr<CopySyncReport> Run(const MailboxAddress& mailbox, bool confirm);

 private:
  struct Reading {
    FolderChanges inbox;
    FolderChanges deleted;
    bool inbox_anew = false;
    bool deleted_anew = false;
  };
  absl::StatusOr<CopySyncReport> RunLeased(const MailboxAddress& mailbox, bool confirm, const CopyLease& lease);
  absl::StatusOr<FolderChanges> ReadFolder(const MailboxAddress& mailbox, CopyPlace folder, const std::string& state,
                                           bool& anew);
  absl::StatusOr<std::vector<Observation>> Observe(const MailboxAddress& mailbox,
                                                   const std::vector<CopyRecord>& records, const Reading& reading,
                                                   bool confirm);
  absl::StatusOr<bool> ApplyAll(const MailboxAddress& mailbox, const CopyLease& lease, uint64_t began,
                                std::vector<Observation> observations);

  CopyStore& copies_;
  VoiceMailboxes& mailboxes_;
  ChangeListener& changes_;
  const Clock& clock_;
  log::Logger& log_;
};

}  // namespace crosspoint::voicemail
