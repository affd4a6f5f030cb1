#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "meeting_sync/app/bridge_ports.h"
#include "meeting_sync/app/user_book.h"

namespace crosspoint::meeting_sync {

// Joins what the calendar has with what the bridge has. Thread-safe.
class MeetingJoin {
 public:
  explicit MeetingJoin(MeetingStore& store) : store_(store) {}

  // Gives a calendar item what its record knows: conference, name, and what was changed there and is on its way to the
  // mailbox. An item of somebody else's meeting gets the conference if the user is invited. nullopt: called off on the
  // bridge, and about to leave the mailbox.
  absl::StatusOr<std::optional<Meeting>> Joined(const MeetingUser& user, Meeting item, Deadline deadline);

  // The user's meetings that no calendar item stands for, overlapping the time; without a mailbox that is all.
  absl::StatusOr<std::vector<Meeting>> BridgeAlone(const MeetingUser& user, TimePoint start, TimePoint end,
                                                   Deadline deadline);

  // UIDs of those: a calendar item that has one was imported from our file, and is no meeting of its own.
  absl::StatusOr<std::set<std::string>> UidsOfBridgeAlone(const MeetingUser& user, Deadline deadline);

 private:
  MeetingStore& store_;
};

}  // namespace crosspoint::meeting_sync
