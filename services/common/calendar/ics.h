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
enum class IcsRole { kRequired, kOptional, kNonParticipant, kChair };
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

enum class IcsFeature { kVideo, kPhone };

// A way into the conference of an event. Source: RFC 7986, 5.11.
struct IcsConference {
  std::string uri;  // "https://…" or "tel:+…"
  std::string label;
  IcsFeature feature = IcsFeature::kVideo;
  bool operator==(const IcsConference&) const = default;
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
  std::vector<IcsConference> conferences;
  std::optional<IcsPerson> organizer;
  std::vector<IcsAttendee> attendees;
  IcsStatus status = IcsStatus::kConfirmed;
  IcsClass privacy = IcsClass::kPublic;
  bool transparent = false;  // leaves the time free
  // How the time is shown: FREE, TENTATIVE, BUSY, OOF, WORKINGELSEWHERE; others are not written. Outlook's
  // X-MICROSOFT-CDO-BUSYSTATUS, which calendars of other makers pass over.
  std::string busy_status;
  std::optional<TimePoint> recurrence_id;  // one occurrence of a series
  std::string rrule;                       // of the series itself; UNTIL by its own clock, without a zone
  std::vector<TimePoint> exdates;          // begins of occurrences that do not happen
  std::vector<TimePoint> rdates;           // begins of occurrences beside the rule
  std::optional<TimePoint> created;
  std::optional<TimePoint> last_modified;
  bool operator==(const IcsEvent&) const = default;
};

struct IcsFile {
  std::string method;  // upper case; empty when none
  std::vector<IcsEvent> events;
  int skipped = 0;  // events without a usable start; only when read
};

// Events as an iCalendar file (RFC 5545): CRLF, folded at 75 octets, with the VTIMEZONEs they need. A series is its
// master, followed by the occurrences that differ, of the same uid. Whatever stands in the texts stays text: control
// characters are taken out, no line can be smuggled in. A recurrence rule that is none is left out.
std::string WriteIcs(const IcsFile& file);
inline std::string WriteIcs(const IcsEvent& event) { return WriteIcs(IcsFile{.events = {event}}); }

// Reads the events of an iCalendar file as real programs write it (bare line feeds, Windows zone names, X- properties).
//   kInvalidArgument  not iCalendar, larger than 1 MiB, nested too deeply, or of more than 2000 events
absl::StatusOr<IcsFile> ParseIcs(std::string_view text);

}  // namespace crosspoint::calendar
