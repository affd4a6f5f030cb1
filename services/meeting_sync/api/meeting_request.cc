#include "meeting_sync/api/meeting_request.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "common/ids/digest.h"
#include "common/status/status.h"
#include "meeting_sync/api/convert.h"

namespace crosspoint::meeting_sync {
namespace {

// What a caller may set, as a mask names it.
constexpr std::array<std::string_view, 10> kPaths{
    "subject",   "start_time", "end_time",           "all_day",   "time_zone", "location",
    "attendees", "show_as",    "availability_state", "is_private"};

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) return false;
  }
  return true;
}

absl::StatusOr<ShowAs> ShowAsFrom(v1::ShowAs show_as) {
  switch (show_as) {
    case v1::SHOW_AS_UNSPECIFIED:
    case v1::SHOW_AS_BUSY:
      return ShowAs::kBusy;
    case v1::SHOW_AS_FREE:
      return ShowAs::kFree;
    case v1::SHOW_AS_TENTATIVE:
      return ShowAs::kTentative;
    case v1::SHOW_AS_OUT_OF_OFFICE:
      return ShowAs::kOutOfOffice;
    case v1::SHOW_AS_WORKING_ELSEWHERE:
      return ShowAs::kWorkingElsewhere;
    default:
      return InvalidField("meeting.show_as", "one of the named values");
  }
}

absl::StatusOr<AttendeeRole> RoleFrom(v1::AttendeeRole role, const std::string& field) {
  switch (role) {
    case v1::ATTENDEE_ROLE_UNSPECIFIED:
    case v1::ATTENDEE_ROLE_REQUIRED:
      return AttendeeRole::kRequired;
    case v1::ATTENDEE_ROLE_OPTIONAL:
      return AttendeeRole::kOptional;
    case v1::ATTENDEE_ROLE_RESOURCE:
      return AttendeeRole::kResource;
    case v1::ATTENDEE_ROLE_PRESENTER:
      return AttendeeRole::kPresenter;
    default:
      return InvalidField(field, "one of the named values");
  }
}

// Calendars keep whole seconds.
absl::StatusOr<TimePoint> SecondFrom(const google::protobuf::Timestamp& time, std::string_view field) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto exact, FromProto(time, field));
  return TimePoint{std::chrono::floor<std::chrono::seconds>(exact)};
}

// Whatever of a meeting was given, times where they were.
absl::StatusOr<MeetingFields> Given(const v1::Meeting& meeting) {
  MeetingFields fields{.subject = meeting.subject(),
                       .all_day = meeting.all_day(),
                       .time_zone = meeting.time_zone(),
                       .location = meeting.location(),
                       .chosen_state = meeting.availability_state(),
                       .privacy = meeting.is_private() ? Privacy::kPrivate : Privacy::kPublic};
  if (meeting.has_start_time()) {
    CROSSPOINT_ASSIGN_OR_RETURN(fields.start, SecondFrom(meeting.start_time(), "meeting.start_time"));
  }
  if (meeting.has_end_time()) {
    CROSSPOINT_ASSIGN_OR_RETURN(fields.end, SecondFrom(meeting.end_time(), "meeting.end_time"));
  }
  CROSSPOINT_ASSIGN_OR_RETURN(fields.show_as, ShowAsFrom(meeting.show_as()));
  for (int i = 0; i < meeting.attendees_size(); ++i) {
    const auto& from = meeting.attendees(i);
    MeetingAttendee attendee{.email = from.email(), .display_name = from.display_name()};
    CROSSPOINT_ASSIGN_OR_RETURN(attendee.role,
                                RoleFrom(from.role(), "meeting.attendees[" + std::to_string(i) + "].role"));
    fields.attendees.push_back(std::move(attendee));
  }
  return fields;
}

void CopyPath(const MeetingFields& from, std::string_view path, MeetingFields& to) {
  if (path == "subject") to.subject = from.subject;
  if (path == "start_time") to.start = from.start;
  if (path == "end_time") to.end = from.end;
  if (path == "all_day") to.all_day = from.all_day;
  if (path == "time_zone") to.time_zone = from.time_zone;
  if (path == "location") to.location = from.location;
  if (path == "show_as") to.show_as = from.show_as;
  if (path == "availability_state") to.chosen_state = from.chosen_state;
  // Outlook's third kind is not ours to choose, and stays what it is.
  if (path == "is_private" && (from.privacy == Privacy::kPublic) != (to.privacy == Privacy::kPublic)) {
    to.privacy = from.privacy;
  }
  if (path != "attendees") return;
  auto attendees = from.attendees;
  for (auto& attendee : attendees) {
    const auto known = std::find_if(to.attendees.begin(), to.attendees.end(), [&](const MeetingAttendee& other) {
      return SameAddress(other.email, attendee.email);
    });
    if (known != to.attendees.end()) attendee.response = known->response;
  }
  to.attendees = std::move(attendees);
}

}  // namespace

absl::StatusOr<MeetingFields> FieldsFrom(const v1::Meeting& meeting) {
  if (!meeting.has_start_time()) return InvalidField("meeting.start_time", "must be given");
  if (!meeting.has_end_time()) return InvalidField("meeting.end_time", "must be given");
  return Given(meeting);
}

absl::StatusOr<std::function<void(MeetingFields&)>> ChangeFrom(const v1::Meeting& meeting,
                                                               const google::protobuf::FieldMask& mask) {
  std::vector<std::string> paths(mask.paths().begin(), mask.paths().end());
  if (paths.empty()) paths.assign(kPaths.begin(), kPaths.end());
  for (const auto& path : paths) {
    if (std::find(kPaths.begin(), kPaths.end(), path) == kPaths.end()) {
      return InvalidField("update_mask", "names fields that a caller may set; '" + path.substr(0, 64) + "' is none");
    }
    if (path == "start_time" && !meeting.has_start_time()) return InvalidField("meeting.start_time", "must be given");
    if (path == "end_time" && !meeting.has_end_time()) return InvalidField("meeting.end_time", "must be given");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(auto given, Given(meeting));
  return [given = std::move(given), paths = std::move(paths)](MeetingFields& fields) {
    for (const auto& path : paths) CopyPath(given, path, fields);
  };
}

absl::StatusOr<RequestKey> RequestKeyOf(const std::string& request_id, const google::protobuf::Message& rest) {
  if (request_id.empty()) return RequestKey{};
  if (!IsUuid(request_id)) {
    return InvalidField("request_id", "must be a UUID, e.g. 4f1c1d0e-9f0b-4c52-8f8e-0a8f7c1d2e3f");
  }
  std::string bytes = rest.GetTypeName();
  {
    google::protobuf::io::StringOutputStream out(&bytes);
    google::protobuf::io::CodedOutputStream coded(&out);
    coded.SetSerializationDeterministic(true);
    rest.SerializeToCodedStream(&coded);
  }
  auto id = request_id;
  std::transform(id.begin(), id.end(), id.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return RequestKey{std::move(id), Sha256Hex(bytes)};
}

}  // namespace crosspoint::meeting_sync
