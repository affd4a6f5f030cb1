#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "meeting_sync/app/ports.h"
#include "meeting_sync/domain/imported_meeting.h"

namespace crosspoint::meeting_sync {

inline constexpr size_t kMaxImported = 500;  // of a user

// Meetings that a user took from calendar files, by key. Every write is safe when it returns. Thread-safe.
class ImportStore {
 public:
  virtual ~ImportStore() = default;

  // A version of the table, for Put to see that nobody has changed it meanwhile.
  struct Table {
    std::map<ItemKey, ImportedMeeting> meetings;
    uint64_t revision = 0;
  };
  virtual absl::StatusOr<Table> Load(const UserId& user, Deadline deadline) = 0;
  // Adds or replaces all in one step.
  //   kAborted            MEETING_CHANGED: the table is not at `revision` any more; load it and decide again
  //   kResourceExhausted  TOO_MANY_MEETINGS: more than kMaxImported
  virtual absl::Status Put(const UserId& user, const std::vector<ImportedMeeting>& meetings, uint64_t revision,
                           Deadline deadline) = 0;
  // OK when it is not there.
  virtual absl::Status Remove(const UserId& user, const ItemKey& key, Deadline deadline) = 0;
};

}  // namespace crosspoint::meeting_sync
