#include "meeting_sync/app/join_desk.h"

#include <algorithm>
#include <cctype>

#include "common/status/status.h"
#include "meeting_sync/app/reasons.h"

namespace crosspoint::meeting_sync {
namespace {

absl::Status NoSuchMeeting() { return NotThere("no such meeting"); }

// Takes the same time whatever the two have in common.
bool SameSecret(const std::string& a, const std::string& b) {
  unsigned char differs = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    differs |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return differs == 0;
}

// As people write it: "473 920 174", "473-920-174".
std::string DigitsOf(const std::string& code) {
  std::string digits;
  for (const unsigned char c : code) {
    if (std::isdigit(c) != 0) {
      digits += static_cast<char>(c);
    } else if (c != ' ' && c != '-') {
      return "";
    }
  }
  return digits;
}

absl::StatusOr<Joined> Enter(const BridgeMeeting& record, std::optional<ConferenceRole> role) {
  if (record.state == BridgeState::kCancelled) {
    return Refused(absl::StatusCode::kFailedPrecondition, "MEETING_CANCELLED", "the meeting was called off");
  }
  Joined joined{.conference = ForRole(record.conference, role.value_or(ConferenceRole::kAttendee))};
  if (role == ConferenceRole::kHost) joined.role = JoinRole::kHost;
  if (role == ConferenceRole::kPresenter) joined.role = JoinRole::kPresenter;
  if (role == ConferenceRole::kAttendee) joined.role = JoinRole::kAttendee;
  return joined;
}

}  // namespace

std::optional<ConferenceRole> JoinDesk::RoleOfUser(const BridgeMeeting& record, const Joiner& joiner) const {
  if (joiner.unchecked || joiner.user == record.owner) return ConferenceRole::kHost;
  if (!joiner.user || joiner.user->tenant != record.owner.tenant) return std::nullopt;
  std::optional<ConferenceRole> best;
  for (const auto& address : addresses_(*joiner.user)) {
    const auto role = RoleOf(record, address);
    if (role && (!best || *role < *best)) best = role;
  }
  // The host is the user who owns the record; an address that others share with it makes nobody else one.
  return best == ConferenceRole::kHost ? ConferenceRole::kPresenter : best;
}

absl::StatusOr<Joined> JoinDesk::ByName(const MeetingName& name, const Joiner& joiner, Deadline deadline) {
  if (!joiner.unchecked && joiner.user->tenant != name.user.tenant) return NoSuchMeeting();
  const bool is_owner = joiner.unchecked || joiner.user == name.user;
  if (!name.bridge_id) {
    if (!is_owner) return NoSuchMeeting();
    return Refused(absl::StatusCode::kFailedPrecondition, "NO_CONFERENCE", "the meeting has no conference");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto record, meetings_.Get(name.user, *name.bridge_id, deadline));
  // An invitation that was not sent exists for nobody but its sender.
  if (!record || (record->state == BridgeState::kPrepared && !is_owner)) return NoSuchMeeting();
  const auto role = RoleOfUser(*record, joiner);
  if (!role) return Refused(absl::StatusCode::kPermissionDenied, "NOT_INVITED", "only those invited may join");
  return Enter(*record, role);
}

absl::StatusOr<Joined> JoinDesk::ByCode(const JoinOrder& order, const Joiner& joiner, Deadline deadline) {
  const auto code = DigitsOf(order.participant_code);
  CROSSPOINT_RETURN_IF_ERROR(limit_.Take(joiner.peer, deadline));
  std::optional<BridgeMeeting> record;
  if (!code.empty()) {
    CROSSPOINT_ASSIGN_OR_RETURN(record, meetings_.FindByCode(code, deadline));
  }
  if (!record || record->state == BridgeState::kPrepared) return NoSuchMeeting();
  const auto role = RoleOfUser(*record, joiner);
  if (!role && !SameSecret(record->conference.password, order.password)) return NoSuchMeeting();
  limit_.GiveBack(joiner.peer, deadline);
  return Enter(*record, role);
}

absl::StatusOr<Joined> JoinDesk::Join(const JoinOrder& order, const Joiner& joiner, Deadline deadline) {
  if (!order.participant_code.empty()) return ByCode(order, joiner, deadline);
  if (!order.meeting) return InvalidField("participant_code", "the code of the invitation, or name of the meeting");
  if (!joiner.user && !joiner.unchecked) {
    return InvalidField("participant_code", "the code of the invitation, from those without an account");
  }
  return ByName(*order.meeting, joiner, deadline);
}

}  // namespace crosspoint::meeting_sync
