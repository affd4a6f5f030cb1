#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/clock/clock.h"
#include "common/log/log.h"
#include "meeting_sync/app/bridge_ports.h"
#include "meeting_sync/app/ports.h"

namespace crosspoint::meeting_sync {

// Where reports of the live link go: metrics. Thread-safe, must not block.
class LinkObserver {
 public:
  enum class Side { kMailbox, kBridge };
  virtual ~LinkObserver() = default;
  virtual void OnCommitted() {}             // a sent invitation became a meeting
  virtual void OnWritten(Side /*side*/) {}  // a change was carried over to it
  virtual void OnConflict() {}
  virtual void OnBraked() {}
};

// Keeps a meeting's calendar item and its record on the bridge equal, whoever of the two was changed: reads both,
// compares them with the last common version, writes what each side lacks. Nothing is held between calls, writes on
// both sides are refused when somebody was faster, and doing it again changes nothing: so any replica may do it at any
// time, after a crash as well. Thread-safe; waits for store and mail server.
class LiveLink {
 public:
  struct Parts {
    MeetingStore& store;
    CalendarSource& calendar;
    MeetingSource& source;
    MailboxWriter& writer;
    LinkObserver& observer;
    const Clock& clock;
    log::Logger& log;
  };
  explicit LiveLink(const Parts& parts) : parts_(parts) {}

  // What a look at the mailbox told, before it is committed: sent invitations become meetings, changes go to the
  // bridge, what is gone is called off, unless it is so much that the deletion brake stops it. `reset`: `changes` tells
  // all there is, and what it does not mention is asked for.
  absl::Status Follow(const Mailbox& mailbox, std::span<const CalendarChange> changes, bool reset);

  // Makes both copies of one meeting equal now. Without a calendar item, or with one that is gone, nothing happens.
  absl::Status Reconcile(const Mailbox& mailbox, const MeetingId& id, Deadline deadline);

  // Ends the brake: calls off what is gone, or keeps it on the bridge alone. False when no brake holds.
  absl::StatusOr<bool> Resolve(const UserId& owner, bool proceed, Deadline deadline);

 private:
  // How an item says which record it belongs to.
  enum class Claim { kCorrelation, kUid, kLinked };
  struct Sighting {
    MeetingId id;
    ItemRef item;
    Claim claim;
  };

  std::vector<Sighting> Sightings(const Mailbox& mailbox, std::span<const CalendarChange> changes,
                                  const LinkIndex& index) const;
  absl::StatusOr<std::vector<MeetingId>> Gone(const Mailbox& mailbox, std::span<const CalendarChange> changes,
                                              bool reset, const LinkIndex& index);
  absl::Status TakeGone(const UserId& owner, const std::vector<MeetingId>& gone, size_t linked, Deadline deadline);
  absl::Status CallOff(const UserId& owner, const MeetingId& id, Deadline deadline);
  absl::Status Keep(const UserId& owner, const MeetingId& id, Deadline deadline);

  absl::StatusOr<std::optional<Meeting>> Read(const Mailbox& mailbox, const ItemRef& item, Deadline deadline);
  // One try; kAborted when a side changed meanwhile.
  absl::Status Try(const Mailbox& mailbox, const MeetingId& id, const Sighting* sighting, Deadline deadline);
  absl::Status TryRepeatedly(const Mailbox& mailbox, const MeetingId& id, const Sighting* sighting, Deadline deadline);
  absl::Status Equalize(const Mailbox& mailbox, BridgeMeeting record, const Meeting& seen, Deadline deadline);
  absl::Status Commit(const Mailbox& mailbox, BridgeMeeting record, const Meeting& seen, Deadline deadline);
  absl::Status TakeOut(const Mailbox& mailbox, BridgeMeeting record, Deadline deadline);
  absl::Status Settle(const BridgeMeeting& before, BridgeMeeting merged, std::vector<FieldConflict> conflicts,
                      Deadline deadline);

  Parts parts_;
};

}  // namespace crosspoint::meeting_sync
