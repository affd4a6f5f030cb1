#pragma once

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "meeting_sync/app/ports.h"

namespace crosspoint::meeting_sync {

// Meetings in a user's list that neither the mailbox nor the bridge has. Thread-safe.
class ForeignMeetings {
 public:
  virtual ~ForeignMeetings() = default;
  // Those that overlap the time, complete, in no order.
  virtual absl::StatusOr<std::vector<Meeting>> List(const UserId& user, TimePoint start, TimePoint end,
                                                    Deadline deadline) = 0;
  // By its name's key; nullopt when there is none.
  virtual absl::StatusOr<std::optional<Meeting>> Find(const UserId& user, const ItemKey& key, Deadline deadline) = 0;
  // Takes the meeting out of the list, a series with all its occurrences. False when there is none of that key.
  virtual absl::StatusOr<bool> Remove(const UserId& user, const ItemKey& key, Deadline deadline) = 0;
};

// Whether a listed meeting is one of them.
inline bool IsForeign(const Meeting& meeting) { return !meeting.bridge_id && meeting.item.id.empty(); }

}  // namespace crosspoint::meeting_sync
