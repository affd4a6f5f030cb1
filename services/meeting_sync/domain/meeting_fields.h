#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "meeting_sync/domain/meeting.h"

namespace crosspoint::meeting_sync {

// What mailbox and bridge both keep of a meeting, and hold equal.
struct MeetingFields {
  std::string subject;
  TimePoint start;
  TimePoint end;
  bool all_day = false;
  std::string time_zone;  // IANA; where it was planned, not compared: servers spell zones in their own way
  std::string location;
  std::vector<MeetingAttendee> attendees;
  ShowAs show_as = ShowAs::kBusy;
  std::string chosen_state;
  Privacy privacy = Privacy::kPublic;
  bool operator==(const MeetingFields&) const = default;
};

// The parts that are compared and merged, each as a whole.
enum class Field { kSubject, kTime, kLocation, kAttendees, kShowAs, kAvailabilityState, kPrivacy };
inline constexpr std::array kAllFields{Field::kSubject,   Field::kTime,   Field::kLocation,
                                       Field::kAttendees, Field::kShowAs, Field::kAvailabilityState,
                                       Field::kPrivacy};

// "subject", "time", …: as people read it in logs and conflicts.
std::string_view NameOf(Field field);
// The field's value in one form: equal texts mean that nothing differs that a mailbox could hold.
std::string TextOf(const MeetingFields& fields, Field field);
// Gives `to` the value of `from`. A presenter stays one though a mailbox knows no presenters, and names stay known.
void CopyField(const MeetingFields& from, Field field, MeetingFields& to);

MeetingFields FieldsOf(const Meeting& meeting);

inline constexpr size_t kMaxTextCharacters = 255;
inline constexpr size_t kMaxAttendees = 500;

// Whether a caller may ask for such a meeting; InvalidField below `prefix` when not.
absl::Status CheckFields(const MeetingFields& fields, std::string_view prefix = "meeting");

// Addresses are compared without regard to case.
bool SameAddress(std::string_view a, std::string_view b);

}  // namespace crosspoint::meeting_sync
