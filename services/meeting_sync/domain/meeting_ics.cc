#include "meeting_sync/domain/meeting_ics.h"

#include "common/calendar/ics.h"

namespace crosspoint::meeting_sync {
namespace {

calendar::IcsAttendee AttendeeTo(const MeetingAttendee& from) {
  calendar::IcsAttendee to{.person = {.email = from.email, .name = from.display_name}};
  to.role = from.role == AttendeeRole::kOptional   ? calendar::IcsRole::kOptional
            : from.role == AttendeeRole::kResource ? calendar::IcsRole::kNonParticipant
                                                   : calendar::IcsRole::kRequired;
  to.resource = from.role == AttendeeRole::kResource;
  switch (from.response) {
    case AttendeeResponse::kAccepted:
    case AttendeeResponse::kOrganizer:
      to.response = calendar::IcsPartStat::kAccepted;
      break;
    case AttendeeResponse::kTentative:
      to.response = calendar::IcsPartStat::kTentative;
      break;
    case AttendeeResponse::kDeclined:
      to.response = calendar::IcsPartStat::kDeclined;
      break;
    case AttendeeResponse::kNone:
      break;
  }
  return to;
}

// The day that a midnight somewhere on earth begins, when it is not known where.
TimePoint NearestDay(TimePoint midnight) {
  return std::chrono::floor<std::chrono::days>(midnight + std::chrono::hours{12});
}

bool IsPlain(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

}  // namespace

std::string MeetingToIcs(const Meeting& meeting, TimePoint now) {
  calendar::IcsEvent event{.uid = meeting.ical_uid.empty() ? "m" + meeting.key.value : meeting.ical_uid,
                           .sequence = meeting.sequence,
                           // Without METHOD it tells when the event was last revised. Source: RFC 5545, 3.8.7.2.
                           .stamp = meeting.last_modified.value_or(now),
                           .start = meeting.start,
                           .end = meeting.end,
                           .all_day = meeting.all_day,
                           .time_zone = meeting.time_zone,
                           .summary = meeting.subject,
                           .location = meeting.location,
                           .recurrence_id = meeting.recurrence_id,
                           .created = meeting.created,
                           .last_modified = meeting.last_modified};
  if (meeting.all_day && meeting.time_zone.empty()) {
    event.start = NearestDay(meeting.start);
    event.end = NearestDay(meeting.end);
  }
  if (!meeting.organizer.empty()) {
    event.organizer = calendar::IcsPerson{.email = meeting.organizer, .name = meeting.organizer_name};
  }
  for (const auto& attendee : meeting.attendees) event.attendees.push_back(AttendeeTo(attendee));
  event.status = meeting.cancelled                       ? calendar::IcsStatus::kCancelled
                 : meeting.show_as == ShowAs::kTentative ? calendar::IcsStatus::kTentative
                                                         : calendar::IcsStatus::kConfirmed;
  event.privacy = meeting.privacy == Privacy::kPublic    ? calendar::IcsClass::kPublic
                  : meeting.privacy == Privacy::kPrivate ? calendar::IcsClass::kPrivate
                                                         : calendar::IcsClass::kConfidential;
  event.transparent = meeting.show_as == ShowAs::kFree;
  return calendar::WriteIcs(event);
}

std::string IcsFileName(const Meeting& meeting) {
  std::string name;
  for (const char c : meeting.subject) {
    if (name.size() == 60) break;
    if (IsPlain(c)) {
      name += c;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  while (!name.empty() && name.back() == '-') name.pop_back();
  return (name.empty() ? "meeting" : name) + ".ics";
}

}  // namespace crosspoint::meeting_sync
