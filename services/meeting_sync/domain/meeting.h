#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "meeting_sync/domain/calendar_entry.h"

namespace crosspoint::meeting_sync {

enum class AttendeeRole { kRequired, kOptional, kResource };
enum class AttendeeResponse { kNone, kAccepted, kTentative, kDeclined, kOrganizer };
enum class Privacy { kPublic, kPrivate, kConfidential };

struct MeetingAttendee {
  std::string email;
  std::string display_name;
  AttendeeRole role = AttendeeRole::kRequired;
  AttendeeResponse response = AttendeeResponse::kNone;
  bool operator==(const MeetingAttendee&) const = default;
};

// A meeting as its owner's calendar shows it.
struct Meeting {
  ItemKey key;
  ItemRef item;
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
  bool operator==(const Meeting&) const = default;
};

// `tenants/{tenant}/users/{user}/meetings/{meeting}`; the last part is "m" and the item's key.
struct MeetingName {
  UserId user;
  ItemKey key;

  std::string Name() const { return user.Name() + "/meetings/m" + key.value; }
  // kInvalidArgument names `field`. A well-formed name that cannot be one of ours parses: it is not found later.
  static absl::StatusOr<MeetingName> Parse(std::string_view name, std::string_view field = "name");
};

// What somebody else than the owner may know of a private meeting: when, and whether it takes time.
Meeting HidePrivate(const Meeting& meeting);

}  // namespace crosspoint::meeting_sync
