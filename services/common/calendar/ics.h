#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock/clock.h"

namespace crosspoint::calendar {

enum class IcsStatus { kConfirmed, kTentative, kCancelled };
enum class IcsClass { kPublic, kPrivate, kConfidential };
enum class IcsRole { kRequired, kOptional, kNonParticipant };
enum class IcsPartStat { kNeedsAction, kAccepted, kTentative, kDeclined };

struct IcsPerson {
  std::string email;
  std::string name;
  bool operator==(const IcsPerson&) const = default;
};

struct IcsAttendee {
  IcsPerson person;
  IcsRole role = IcsRole::kRequired;
  IcsPartStat response = IcsPartStat::kNeedsAction;
  bool resource = false;
  bool operator==(const IcsAttendee&) const = default;
};

struct IcsEvent {
  std::string uid;
  int sequence = 0;
  TimePoint stamp;
  TimePoint start;
  TimePoint end;
  bool all_day = false;   // start and end are midnights in `time_zone`
  std::string time_zone;  // IANA; empty or unknown: times are written in UTC
  std::string summary;
  std::string location;
  std::string description;
  std::string url;
  std::optional<IcsPerson> organizer;
  std::vector<IcsAttendee> attendees;
  IcsStatus status = IcsStatus::kConfirmed;
  IcsClass privacy = IcsClass::kPublic;
  bool transparent = false;                // leaves the time free
  std::optional<TimePoint> recurrence_id;  // one occurrence of a series
  std::string rrule;                       // as in RRULE; read only
  std::optional<TimePoint> created;
  std::optional<TimePoint> last_modified;
  bool operator==(const IcsEvent&) const = default;
};

// One event as an iCalendar file (RFC 5545): CRLF, folded at 75 octets, with the VTIMEZONE it needs. Whatever stands in
// the texts stays text: control characters are taken out, no line can be smuggled in.
std::string WriteIcs(const IcsEvent& event);

struct IcsFile {
  std::string method;  // upper case; empty when none
  std::vector<IcsEvent> events;
  int skipped = 0;  // events without a usable start
};

// Reads the events of an iCalendar file as real programs write it (bare line feeds, Windows zone names, X- properties).
//   kInvalidArgument  not iCalendar, larger than 1 MiB, or nested too deeply
absl::StatusOr<IcsFile> ParseIcs(std::string_view text);

}  // namespace crosspoint::calendar
