#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "meeting_sync/app/foreign_meetings.h"
#include "meeting_sync/app/meeting_join.h"
#include "meeting_sync/app/ports.h"
#include "meeting_sync/app/user_book.h"

namespace crosspoint::meeting_sync {

// Who is looking: private meetings are shown to their owner only.
enum class Viewer { kOwner, kOther };

struct ListQuery {
  UserId user;
  std::optional<TimePoint> start;  // nullopt: 30 days ago
  std::optional<TimePoint> end;    // nullopt: in 180 days
  int page_size = 50;              // 1 to 500
  std::string page_token;          // empty: from the beginning
};

struct MeetingPage {
  std::vector<Meeting> meetings;  // by start, then key
  std::string next_page_token;    // empty: no more
};

// The meetings of users, as mailbox and bridge have them at this moment, joined: which of both is asked depends on the
// user's mode. Thread-safe; with a mailbox every call waits for the mail server.
class MeetingBook {
 public:
  // `foreign`: what users took from calendar files; null when there is no such thing.
  MeetingBook(UserBook& users, MeetingSource& source, SyncStore& store, NameMemory& names, MeetingStore& bridge,
              const Clock& clock, ForeignMeetings* foreign = nullptr)
      : users_(users),
        source_(source),
        store_(store),
        names_(names),
        bridge_(bridge),
        join_(bridge),
        clock_(clock),
        foreign_(foreign) {}

  // Series come as their occurrences.
  //   kInvalidArgument  a page token that is not of this query, or a time of more than two years
  absl::StatusOr<MeetingPage> List(const ListQuery& query, Viewer viewer, Deadline deadline);

  // A record's name holds for as long as the record, 30 days after it was called off. An item's holds for as long as
  // the item exists: linked items are found by it, others for a week after they were listed, and whatever lies in the
  // synchronised window by reading that.
  //   kNotFound  no such meeting (any more)
  absl::StatusOr<Meeting> Get(const MeetingName& name, Viewer viewer, Deadline deadline);

  // The calendar item of a record, as it is; nullopt when it has none, or it cannot be read now.
  std::optional<Meeting> ItemOf(const BridgeMeeting& record, Deadline deadline);

 private:
  struct Cursor;
  absl::StatusOr<std::vector<Meeting>> ReadTime(const Mailbox& mailbox, TimePoint start, TimePoint end,
                                                Deadline deadline);
  // In modes in which the list does not come from the mailbox.
  absl::Status AddForeign(const MeetingUser& user, TimePoint start, TimePoint end, std::vector<Meeting>& meetings,
                          Deadline deadline);
  absl::StatusOr<std::vector<Meeting>> ReadStretch(const MeetingUser& user, TimePoint start, TimePoint end,
                                                   const std::set<std::string>& imported, Deadline deadline);
  absl::StatusOr<std::vector<Meeting>> Collect(const MeetingUser& user, const Cursor& cursor, size_t wanted,
                                               Deadline deadline);
  absl::StatusOr<std::vector<Meeting>> Complete(const MeetingUser& user, const std::vector<Meeting>& meetings,
                                                Deadline deadline);
  absl::Status RememberNames(const UserId& user, const std::vector<Meeting>& meetings, TimePoint now);
  absl::StatusOr<Meeting> GetRecord(const MeetingName& name, Deadline deadline);
  absl::StatusOr<Meeting> GetItem(const MeetingName& name, Deadline deadline);
  absl::StatusOr<std::optional<ItemRef>> FindItem(const Mailbox& mailbox, const ItemKey& key, Deadline deadline);

  UserBook& users_;
  MeetingSource& source_;
  SyncStore& store_;
  NameMemory& names_;
  MeetingStore& bridge_;
  MeetingJoin join_;
  const Clock& clock_;
  ForeignMeetings* const foreign_;
};

}  // namespace crosspoint::meeting_sync
