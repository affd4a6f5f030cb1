#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/ids/ids.h"
#include "meeting_sync/app/bridge_ports.h"
#include "meeting_sync/app/user_book.h"

namespace crosspoint::meeting_sync {

// A filled invitation. The meeting is none before it is sent.
struct Invite {
  BridgeMeeting meeting;
  std::string body;
  bool launch = false;  // whether the user's mail program is to be opened with it
};

// How long an invitation may lie open in a mail program.
inline constexpr std::chrono::hours kInviteLife{24 * 7};

// Conferences and what makes them meetings. Thread-safe. Errors besides those named: those of store and bridge.
//   kInvalidArgument  names the field that cannot be
//   kNotFound         no such user or meeting
class Invitations {
 public:
  struct Parts {
    UserBook& users;
    MeetingStore& store;
    Bridge& bridge;
    MeetingSource& source;
    IdSource& ids;
    const Clock& clock;
  };
  explicit Invitations(const Parts& parts) : parts_(parts) {}

  // A form becomes an invitation to launch. The same request again gives the same invitation.
  absl::StatusOr<Invite> Prepare(const UserId& owner, const MeetingFields& fields, const RequestKey& request,
                                 Deadline deadline);
  // An invitation to a changed meeting; nothing is kept of it, what is sent comes back from the mailbox.
  //   kFailedPrecondition  NO_LIVE_LINK: the meeting has no calendar item; change it by UpdateMeeting
  absl::StatusOr<Invite> PrepareChange(const UserId& owner, const MeetingId& id, const MeetingFields& wanted,
                                       Deadline deadline);
  // A conference for the invitation that is open in the mail program, by its iCalendar UID or the id of the saved item;
  // twice gives the same.
  //   kFailedPrecondition  NO_OUTLOOK: the user has no mail program that could say so
  absl::StatusOr<Invite> Attach(const UserId& owner, const std::string& item_uid, Deadline deadline);
  // The invitation was sent where nobody watches a mailbox.
  //   kFailedPrecondition  MAILBOX_IS_WATCHED: the sent item says so itself
  absl::StatusOr<BridgeMeeting> Confirm(const UserId& owner, const MeetingId& id, Deadline deadline);
  // A meeting on the bridge alone.
  //   kFailedPrecondition  MAILBOX_IS_WATCHED: prepare an invitation
  absl::StatusOr<BridgeMeeting> Create(const UserId& owner, const MeetingFields& fields, const RequestKey& request,
                                       Deadline deadline);

 private:
  absl::StatusOr<BridgeMeeting> Make(const MeetingUser& user, BridgeMeeting meeting, const RequestKey& request,
                                     Deadline deadline);
  absl::StatusOr<std::optional<BridgeMeeting>> Repeated(const UserId& owner, const RequestKey& request,
                                                        Deadline deadline);
  absl::StatusOr<std::optional<Meeting>> OpenItem(const MeetingUser& user, const std::string& item, Deadline deadline);
  static Invite InviteFor(const MeetingUser& user, BridgeMeeting meeting);

  Parts parts_;
};

// Makes a prepared or new meeting one on the bridge alone, with its claim on the owner's availability.
MeetingWrite GoLive(BridgeMeeting meeting, TimePoint now);
// What a meeting on the bridge alone asks of presence; nullopt when nothing, or it is over.
std::optional<PlannedClaim> BridgeClaim(const BridgeMeeting& meeting, TimePoint now);

}  // namespace crosspoint::meeting_sync
