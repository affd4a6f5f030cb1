#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "meeting_sync/app/bridge_ports.h"

namespace crosspoint::meeting_sync {

// Keeps those without an account from trying codes. Thread-safe.
class GuessLimit {
 public:
  virtual ~GuessLimit() = default;
  // Before a code is looked at: counts it as wrong.
  //   kResourceExhausted  TOO_MANY_GUESSES: metadata "remaining_ms"
  virtual absl::Status Take(const std::string& peer, Deadline deadline) = 0;
  // It was right.
  virtual void GiveBack(const std::string& peer, Deadline deadline) = 0;
};

// Who wants to join.
struct Joiner {
  std::optional<UserId> user;  // nullopt: has no account
  bool unchecked = false;      // authentication is off: may do everything
  std::string peer;            // where the call comes from
};

// Which meeting: by its name, or by what stands in the invitation.
struct JoinOrder {
  std::optional<MeetingName> meeting;
  std::string participant_code;
  std::string password;
};

enum class JoinRole { kHost, kPresenter, kAttendee, kGuest };

struct Joined {
  Conference conference;  // the host code only for the host
  JoinRole role = JoinRole::kGuest;
};

// Lets people into conferences. Users by name if they are host or invited, under any of their addresses; whoever has
// code and password by these. Thread-safe.
class JoinDesk {
 public:
  // Every address of a user, in any order; empty when there is no such user.
  using Addresses = std::function<std::vector<std::string>(const UserId&)>;
  JoinDesk(MeetingStore& meetings, Addresses addresses, GuessLimit& limit)
      : meetings_(meetings), addresses_(std::move(addresses)), limit_(limit) {}

  //   kInvalidArgument     neither name nor code
  //   kNotFound            no such meeting, another tenant's, or a wrong code or password: which of them is not said
  //   kPermissionDenied    NOT_INVITED: a user whom nobody invited, without a code
  //   kFailedPrecondition  MEETING_CANCELLED, told only to those who may join; NO_CONFERENCE
  //   kResourceExhausted   TOO_MANY_GUESSES
  absl::StatusOr<Joined> Join(const JoinOrder& order, const Joiner& joiner, Deadline deadline);

 private:
  std::optional<ConferenceRole> RoleOfUser(const BridgeMeeting& record, const Joiner& joiner) const;
  absl::StatusOr<Joined> ByName(const MeetingName& name, const Joiner& joiner, Deadline deadline);
  absl::StatusOr<Joined> ByCode(const JoinOrder& order, const Joiner& joiner, Deadline deadline);

  MeetingStore& meetings_;
  const Addresses addresses_;
  GuessLimit& limit_;
};

}  // namespace crosspoint::meeting_sync
