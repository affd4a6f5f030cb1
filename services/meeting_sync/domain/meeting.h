#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "meeting_sync/domain/calendar_entry.h"
#include "meeting_sync/domain/conference.h"

namespace crosspoint::meeting_sync {

enum class AttendeeRole { kRequired, kOptional, kResource, kPresenter };
enum class AttendeeResponse { kNone, kAccepted, kTentative, kDeclined, kOrganizer };
enum class Privacy { kPublic, kPrivate, kConfidential };

// A record on the bridge: "c" and 26 of [0-9a-z], unguessable. Unique over all users.
struct MeetingId {
  std::string value;
  auto operator<=>(const MeetingId&) const = default;
};
bool IsMeetingId(std::string_view segment);

struct MeetingAttendee {
  std::string email;
  std::string display_name;
  AttendeeRole role = AttendeeRole::kRequired;
  AttendeeResponse response = AttendeeResponse::kNone;
  bool operator==(const MeetingAttendee&) const = default;
};

// A meeting as its owner's list shows it: a calendar item, a record on the bridge, or both joined.
struct Meeting {
  ItemKey key;   // of one on the bridge alone its id
  ItemRef item;  // empty when on the bridge alone
  std::string subject;
  TimePoint start;
  TimePoint end;
  bool all_day = false;
  std::string time_zone;  // IANA; empty when not told
  std::string location;
  std::string organizer;  // address
  std::string organizer_name;
  std::vector<MeetingAttendee> attendees;
  ShowAs show_as = ShowAs::kBusy;
  std::string chosen_state;
  bool cancelled = false;
  std::string ical_uid;
  std::string correlation_id;
  bool recurring = false;
  std::optional<TimePoint> recurrence_id;  // of an occurrence, when told
  Privacy privacy = Privacy::kPublic;
  int sequence = 0;
  std::optional<TimePoint> created;
  std::optional<TimePoint> last_modified;
  std::optional<MeetingId> bridge_id;    // names the meeting, when set
  std::optional<Conference> conference;  // of the record it is joined with
  uint64_t revision = 0;                 // of that record
  bool invitations_sent = true;          // false: a draft that its attendees have not got
  bool operator==(const Meeting&) const = default;
};

// `tenants/{tenant}/users/{user}/meetings/{meeting}`; the last part is the id of a record on the bridge, else "m" and
// the item's key.
struct MeetingName {
  UserId user;
  ItemKey key;
  std::optional<MeetingId> bridge_id;

  std::string Name() const;
  // kInvalidArgument names `field`. A well-formed name that cannot be one of ours parses: it is not found later.
  static absl::StatusOr<MeetingName> Parse(std::string_view name, std::string_view field = "name");
};

inline std::string NameOfMeeting(const UserId& user, const MeetingId& id) {
  return user.Name() + "/meetings/" + id.value;
}

// What somebody else than the owner may know of a private meeting: when, and whether it takes time.
Meeting HidePrivate(const Meeting& meeting);

}  // namespace crosspoint::meeting_sync
