#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "meeting_sync/app/bridge_ports.h"
#include "meeting_sync/app/foreign_meetings.h"
#include "meeting_sync/app/import_ports.h"
#include "meeting_sync/domain/user_mode.h"

namespace crosspoint::meeting_sync {

struct ImportResult {
  std::vector<Meeting> meetings;  // in the order of the file; of a series its next occurrence
  std::vector<SkippedEvent> skipped;
};

// Takes calendar files into users' lists. A meeting of the user's own, known by its UID, is there already and stays as
// the bridge has it; anybody else's is kept beside them, newer versions replacing older ones. Thread-safe.
class MeetingImport final : public ForeignMeetings {
 public:
  using Modes = std::function<absl::StatusOr<UserMode>(const UserId&)>;
  MeetingImport(MeetingStore& meetings, ImportStore& imports, Modes modes, const Clock& clock)
      : meetings_(meetings), imports_(imports), modes_(std::move(modes)), clock_(clock) {}

  //   kInvalidArgument     names "content"
  //   kFailedPrecondition  CALENDAR_IN_OUTLOOK: the user's list comes from the mailbox: open the file in Outlook
  //   kResourceExhausted   TOO_MANY_MEETINGS
  absl::StatusOr<ImportResult> Import(const UserId& user, std::string_view ics, Deadline deadline);

  absl::StatusOr<std::vector<Meeting>> List(const UserId& user, TimePoint start, TimePoint end,
                                            Deadline deadline) override;
  absl::StatusOr<std::optional<Meeting>> Find(const UserId& user, const ItemKey& key, Deadline deadline) override;
  absl::StatusOr<bool> Remove(const UserId& user, const ItemKey& key, Deadline deadline) override;

 private:
  struct Found {
    ItemKey record;
    Meeting meeting;
  };
  absl::StatusOr<std::optional<Found>> Lookup(const UserId& user, const ItemKey& key, Deadline deadline);
  absl::Status Keep(const UserId& user, const std::vector<ImportedMeeting>& foreign, ImportResult& result,
                    Deadline deadline);

  MeetingStore& meetings_;
  ImportStore& imports_;
  const Modes modes_;
  const Clock& clock_;
};

}  // namespace crosspoint::meeting_sync
