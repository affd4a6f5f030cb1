#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "meeting_sync/app/bridge_ports.h"
#include "meeting_sync/app/meeting_book.h"
#include "meeting_sync/app/user_book.h"

namespace crosspoint::meeting_sync {

// Names a version of a meeting as it was shown: of its record, else of its calendar item.
std::string EtagOf(const Meeting& meeting);

struct MeetingEdit {
  MeetingName name;
  std::function<void(MeetingFields&)> change;  // may be called again with a newer version
  std::string etag;                            // empty: whatever version it is
};

// Changes and calls off meetings from our side. One with a record is changed there, and its calendar item follows by
// the outbox; one that is in the mailbox alone is changed there at once. Thread-safe.
//   kNotFound            no such meeting
//   kAborted             MEETING_CHANGED: the etag is stale
//   kFailedPrecondition  NOT_THE_ORGANIZER: somebody else called it; SERIES_TIME: the time of a series is set in
//                        Outlook; IMPORTED_MEETING: it came from a calendar file, and changes by a newer one
class MeetingEditor {
 public:
  struct Parts {
    UserBook& users;
    MeetingBook& book;
    MeetingStore& store;
    MailboxWriter& writer;
    const Clock& clock;
    ForeignMeetings* foreign = nullptr;  // null: there are none
  };
  explicit MeetingEditor(const Parts& parts) : parts_(parts) {}

  absl::StatusOr<Meeting> Update(const MeetingEdit& edit, Viewer viewer, Deadline deadline);
  // Again is no error. Returns it as it was, called off. An imported one is taken out of the user's list.
  absl::StatusOr<Meeting> Cancel(const MeetingName& name, Viewer viewer, Deadline deadline);

 private:
  absl::StatusOr<BridgeMeeting> ChangeRecord(const UserId& owner, const MeetingId& id, const MeetingEdit& edit,
                                             Deadline deadline);
  absl::StatusOr<BridgeMeeting> CallOffRecord(const UserId& owner, const MeetingId& id, Deadline deadline);
  absl::StatusOr<Meeting> ChangeItem(const Meeting& seen, const MeetingEdit& edit, Deadline deadline);
  // The meeting, as far as the viewer may change it.
  absl::StatusOr<Meeting> Find(const MeetingName& name, Viewer viewer, Deadline deadline);
  absl::StatusOr<Mailbox> OwnMailbox(const UserId& owner, const Meeting& seen);

  Parts parts_;
};

}  // namespace crosspoint::meeting_sync
