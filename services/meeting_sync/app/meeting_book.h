#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
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

// The meetings of users as their mailboxes have them at this moment. Thread-safe; every call waits for the mail server.
class MeetingBook {
 public:
  MeetingBook(UserBook& users, MeetingSource& source, SyncStore& store, NameMemory& names, const Clock& clock)
      : users_(users), source_(source), store_(store), names_(names), clock_(clock) {}

  // Series come as their occurrences. A user without mailbox has none.
  //   kInvalidArgument  a page token that is not of this query, or a time of more than two years
  absl::StatusOr<MeetingPage> List(const ListQuery& query, Viewer viewer, Deadline deadline);

  // A name holds for as long as the item exists: linked items are found by it, others for a week after they were
  // listed, and whatever lies in the synchronised window by reading that.
  //   kNotFound  no such meeting (any more)
  absl::StatusOr<Meeting> Get(const UserId& user, const ItemKey& key, Viewer viewer, Deadline deadline);

 private:
  struct Cursor;
  absl::StatusOr<std::vector<Meeting>> ReadTime(const Mailbox& mailbox, TimePoint start, TimePoint end,
                                                Deadline deadline);
  absl::StatusOr<std::vector<Meeting>> Collect(const Mailbox& mailbox, const Cursor& cursor, size_t wanted,
                                               Deadline deadline);
  absl::StatusOr<std::vector<Meeting>> Complete(const Mailbox& mailbox, const std::vector<Meeting>& meetings,
                                                Deadline deadline);
  absl::StatusOr<std::optional<ItemRef>> FindItem(const Mailbox& mailbox, const ItemKey& key, Deadline deadline);

  UserBook& users_;
  MeetingSource& source_;
  SyncStore& store_;
  NameMemory& names_;
  const Clock& clock_;
};

}  // namespace crosspoint::meeting_sync
