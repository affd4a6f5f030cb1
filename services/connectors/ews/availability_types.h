#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/ews/types.h"

namespace crosspoint::ews {

// When a zone changes over to a kind of time, in every year.
struct ZoneChange {
  std::chrono::minutes bias{0};  // on top of the zone's own
  std::chrono::seconds time{0};  // of the day, by the clock before the change
  int month = 0;                 // 0: it never changes
  int week = 0;                  // 1 to 4, or 5 for the last such day of the month
  std::string day_of_week = "Sunday";
  bool operator==(const ZoneChange&) const = default;
};

// A time zone as the availability service knows it. UTC = local time + bias.
struct ZoneRule {
  std::chrono::minutes bias{0};
  ZoneChange standard;
  ZoneChange daylight;
  bool operator==(const ZoneRule&) const = default;
};

// The rule of a zone (Windows or IANA name) in the year of `when`; UTC when there is no such zone. Zones that change
// more than twice in that year, or only once, keep the offset of `when`.
ZoneRule ZoneRuleOf(std::string_view zone, TimePoint when);
// The instant of a time without zone (given as if it were UTC) by that rule.
TimePoint FromZone(const ZoneRule& rule, TimePoint local);
TimePoint ToZone(const ZoneRule& rule, TimePoint time);

enum class AvailabilityView { kNone, kMergedOnly, kFreeBusy, kFreeBusyMerged, kDetailed, kDetailedMerged };

struct AvailabilityQuery {
  std::vector<std::string> mailboxes;  // SMTP addresses, any number: asked for 100 at a time
  TimePoint start;
  TimePoint end;  // at most 42 days after start
  AvailabilityView view = AvailabilityView::kFreeBusy;
  std::chrono::minutes interval{30};  // of one merged entry, 5 to 1440
  std::string time_zone;              // Windows or IANA name: how the server reads days; empty: UTC
};

// What the owner of a calendar shows of an entry.
struct BusyDetails {
  std::string id;  // hexadecimal entry id; see ConvertIds
  std::string subject;
  std::string location;
  bool is_meeting = false;
  bool is_recurring = false;
  bool is_exception = false;
  bool is_private = false;  // then subject and location are empty
  bool operator==(const BusyDetails&) const = default;
};

struct BusyTime {
  TimePoint start;
  TimePoint end;
  FreeBusy state = FreeBusy::kBusy;
  std::optional<BusyDetails> details;  // with a detailed view, when we may see them
  bool operator==(const BusyTime&) const = default;
};

struct WorkingPeriod {
  std::vector<std::string> days;  // "Monday", …
  std::chrono::minutes start{0};  // of the day
  std::chrono::minutes end{0};
  bool operator==(const WorkingPeriod&) const = default;
};

struct WorkingHours {
  ZoneRule zone;
  std::vector<WorkingPeriod> periods;
  bool operator==(const WorkingHours&) const = default;
};

// One mailbox.
struct Availability {
  AvailabilityView view = AvailabilityView::kNone;  // what came: less than asked for where rights end
  std::vector<FreeBusy> merged;                     // one entry per interval
  std::vector<BusyTime> busy;
  std::optional<WorkingHours> working_hours;
};

enum class OofState { kDisabled, kEnabled, kScheduled };
enum class ExternalAudience { kNone, kKnown, kAll };

struct OofSettings {
  OofState state = OofState::kDisabled;
  ExternalAudience audience = ExternalAudience::kNone;  // who outside gets `external_reply`
  std::optional<TimePoint> start;                       // kScheduled needs both
  std::optional<TimePoint> end;
  std::string internal_reply;  // HTML or text
  std::string external_reply;
  std::optional<ExternalAudience> allowed_audience;  // read only: the widest that an administrator permits
};

// A zone of the server in full: periods, groups of yearly changes, and from when on which group holds.
struct ZonePeriod {
  std::string id;
  std::string name;              // "Standard" or "Daylight"
  std::chrono::minutes bias{0};  // UTC = local time + bias
  bool operator==(const ZonePeriod&) const = default;
};
struct ZoneTransition {
  std::string to;                // id of a period or of a group
  bool to_group = false;         // else to a period
  std::optional<TimePoint> at;   // once, by local time; with neither this nor `month` from the beginning
  int month = 0;                 // yearly
  std::chrono::seconds time{0};  // of that day
  std::string day_of_week;       // with `occurrence`: 1 to 4, -1 the last
  int occurrence = 0;
  int day = 0;  // or a fixed day of the month
  bool operator==(const ZoneTransition&) const = default;
};
struct ZoneGroup {
  std::string id;
  std::vector<ZoneTransition> transitions;
};
struct ZoneDefinition {
  std::string id;    // Windows id
  std::string name;  // as people see it
  std::vector<ZonePeriod> periods;
  std::vector<ZoneGroup> groups;
  std::vector<ZoneTransition> transitions;
};

// The rule of `zone` for times around `when`, as a request for availability takes it.
ZoneRule RuleOf(const ZoneDefinition& zone, TimePoint when);

}  // namespace crosspoint::ews
