#include "meeting_sync/api/convert.h"

#include "common/status/status.h"
#include "meeting_sync/app/meeting_editor.h"

namespace crosspoint::meeting_sync {
namespace {

// 0001-01-01 and 9999-12-31. Source: timestamp.proto.
constexpr int64_t kFirstSecond = -62'135'596'800;
constexpr int64_t kLastSecond = 253'402'300'799;

v1::ShowAs ToProto(ShowAs show_as) {
  switch (show_as) {
    case ShowAs::kFree:
      return v1::SHOW_AS_FREE;
    case ShowAs::kTentative:
      return v1::SHOW_AS_TENTATIVE;
    case ShowAs::kBusy:
      return v1::SHOW_AS_BUSY;
    case ShowAs::kOutOfOffice:
      return v1::SHOW_AS_OUT_OF_OFFICE;
    case ShowAs::kWorkingElsewhere:
      break;
  }
  return v1::SHOW_AS_WORKING_ELSEWHERE;
}

v1::AttendeeRole ToProto(AttendeeRole role) {
  switch (role) {
    case AttendeeRole::kRequired:
      return v1::ATTENDEE_ROLE_REQUIRED;
    case AttendeeRole::kOptional:
      return v1::ATTENDEE_ROLE_OPTIONAL;
    case AttendeeRole::kPresenter:
      return v1::ATTENDEE_ROLE_PRESENTER;
    case AttendeeRole::kResource:
      break;
  }
  return v1::ATTENDEE_ROLE_RESOURCE;
}

v1::AttendeeResponse ToProto(AttendeeResponse response) {
  switch (response) {
    case AttendeeResponse::kAccepted:
    case AttendeeResponse::kOrganizer:
      return v1::ATTENDEE_RESPONSE_ACCEPTED;
    case AttendeeResponse::kTentative:
      return v1::ATTENDEE_RESPONSE_TENTATIVE;
    case AttendeeResponse::kDeclined:
      return v1::ATTENDEE_RESPONSE_DECLINED;
    case AttendeeResponse::kNone:
      break;
  }
  return v1::ATTENDEE_RESPONSE_NONE;
}

}  // namespace

google::protobuf::Timestamp ToProto(TimePoint time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(seconds.time_since_epoch().count());
  timestamp.set_nanos(static_cast<int32_t>(std::chrono::nanoseconds(time - seconds).count()));
  return timestamp;
}

absl::StatusOr<TimePoint> FromProto(const google::protobuf::Timestamp& time, std::string_view field) {
  if (time.seconds() < kFirstSecond || time.seconds() > kLastSecond || time.nanos() < 0 || time.nanos() > 999'999'999) {
    return InvalidField(field, "a time of the years 1 to 9999");
  }
  return TimePoint{std::chrono::seconds{time.seconds()} +
                   std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::nanoseconds{time.nanos()})};
}

v1::Conference ToProto(const Conference& conference) {
  v1::Conference message;
  message.set_url(conference.url);
  for (const auto& number : conference.dial_in_numbers) message.add_dial_in_numbers(number);
  message.set_participant_code(conference.participant_code);
  message.set_host_code(conference.host_code);
  message.set_password(conference.password);
  return message;
}

v1::Meeting ToProto(const UserId& owner, const Meeting& meeting) {
  v1::Meeting message;
  message.set_name(MeetingName{owner, meeting.key, meeting.bridge_id}.Name());
  message.set_subject(meeting.subject);
  *message.mutable_start_time() = ToProto(meeting.start);
  *message.mutable_end_time() = ToProto(meeting.end);
  message.set_all_day(meeting.all_day);
  message.set_time_zone(meeting.time_zone);
  message.set_location(meeting.location);
  message.set_organizer(meeting.organizer);
  for (const auto& from : meeting.attendees) {
    auto& attendee = *message.add_attendees();
    attendee.set_email(from.email);
    attendee.set_display_name(from.display_name);
    attendee.set_role(ToProto(from.role));
    attendee.set_response(ToProto(from.response));
  }
  message.set_show_as(ToProto(meeting.show_as));
  message.set_availability_state(meeting.chosen_state);
  message.set_status(meeting.cancelled ? v1::MEETING_STATUS_CANCELLED : v1::MEETING_STATUS_CONFIRMED);
  message.set_ical_uid(meeting.ical_uid);
  message.set_correlation_id(meeting.correlation_id);
  message.set_recurring(meeting.recurring);
  message.set_is_private(meeting.privacy != Privacy::kPublic);
  message.set_etag(EtagOf(meeting));
  if (meeting.conference) *message.mutable_conference() = ToProto(*meeting.conference);
  return message;
}

}  // namespace crosspoint::meeting_sync
