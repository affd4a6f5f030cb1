#include "meeting_sync/domain/meeting_ics.h"

#include "common/calendar/ics.h"
#include "meeting_sync/domain/invite_text.h"
#include "meeting_sync/domain/meeting_fields.h"

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

const char* BusyStatusOf(ShowAs show_as) {
  switch (show_as) {
    case ShowAs::kFree:
      return "FREE";
    case ShowAs::kTentative:
      return "TENTATIVE";
    case ShowAs::kOutOfOffice:
      return "OOF";
    case ShowAs::kWorkingElsewhere:
      return "WORKINGELSEWHERE";
    case ShowAs::kBusy:
      break;
  }
  return "BUSY";
}

// How to join, for calendars that know conferences and for those that show a text. Never the host code: files travel.
void AddConference(const Conference& conference, calendar::IcsEvent& event) {
  event.description = InviteText(conference);
  event.url = conference.url;
  event.conferences.push_back({.uri = conference.url, .label = "Join the conference"});
  for (const auto& number : conference.dial_in_numbers) {
    // Commas are pauses before the code is dialled. Source: RFC 7986, 5.11.
    event.conferences.push_back({.uri = "tel:" + number + ",," + conference.participant_code,
                                 .label = "Dial in " + number,
                                 .feature = calendar::IcsFeature::kPhone});
  }
}

void AddPeople(const Meeting& meeting, calendar::IcsEvent& event) {
  if (!meeting.organizer.empty()) {
    event.organizer = calendar::IcsPerson{.email = meeting.organizer, .name = meeting.organizer_name};
  }
  for (const auto& from : meeting.attendees) {
    auto attendee = AttendeeTo(from);
    if (SameAddress(from.email, meeting.organizer)) attendee.role = calendar::IcsRole::kChair;
    event.attendees.push_back(std::move(attendee));
  }
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
  AddPeople(meeting, event);
  if (meeting.conference) AddConference(*meeting.conference, event);
  event.busy_status = BusyStatusOf(meeting.show_as);
  event.status = meeting.cancelled                       ? calendar::IcsStatus::kCancelled
                 : meeting.show_as == ShowAs::kTentative ? calendar::IcsStatus::kTentative
                                                         : calendar::IcsStatus::kConfirmed;
  event.privacy = meeting.privacy == Privacy::kPublic    ? calendar::IcsClass::kPublic
                  : meeting.privacy == Privacy::kPrivate ? calendar::IcsClass::kPrivate
                                                         : calendar::IcsClass::kConfidential;
  event.transparent = meeting.show_as == ShowAs::kFree;
  // A file that calls off says so, or programs would show it as one more meeting. Source: RFC 5546, 3.2.5.
  const bool calls_off = meeting.cancelled && event.organizer;
  return calendar::WriteIcs({.method = calls_off ? "CANCEL" : "", .events = {std::move(event)}});
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
