#include "meeting_sync/adapters/ews_convert.h"

#include "common/calendar/time_zone.h"
#include "connectors/ews/properties.h"

namespace crosspoint::meeting_sync {
namespace {

// Bit of AppointmentState. Source: MS-OXOCAL, PidLidAppointmentStateFlags.
constexpr int kCancelledBit = 4;

ShowAs ShowAsFrom(ews::FreeBusy free_busy) {
  switch (free_busy) {
    case ews::FreeBusy::kFree:
      return ShowAs::kFree;
    case ews::FreeBusy::kTentative:
      return ShowAs::kTentative;
    case ews::FreeBusy::kOutOfOffice:
      return ShowAs::kOutOfOffice;
    case ews::FreeBusy::kWorkingElsewhere:
      return ShowAs::kWorkingElsewhere;
    case ews::FreeBusy::kBusy:
    case ews::FreeBusy::kNoData:
      break;
  }
  return ShowAs::kBusy;
}

EntryKind KindFrom(ews::ItemType type) {
  switch (type) {
    case ews::ItemType::kRecurringMaster:
      return EntryKind::kSeries;
    case ews::ItemType::kOccurrence:
    case ews::ItemType::kException:
      return EntryKind::kOccurrence;
    case ews::ItemType::kSingle:
      break;
  }
  return EntryKind::kSingle;
}

bool IsCancelled(const ews::CalendarItem& item) {
  return item.is_cancelled || (item.appointment_state.value_or(0) & kCancelledBit) != 0;
}

AttendeeResponse ResponseFrom(ews::ResponseType response) {
  switch (response) {
    case ews::ResponseType::kAccept:
      return AttendeeResponse::kAccepted;
    case ews::ResponseType::kTentative:
      return AttendeeResponse::kTentative;
    case ews::ResponseType::kDecline:
      return AttendeeResponse::kDeclined;
    case ews::ResponseType::kOrganizer:
      return AttendeeResponse::kOrganizer;
    case ews::ResponseType::kUnknown:
    case ews::ResponseType::kNoResponse:
      break;
  }
  return AttendeeResponse::kNone;
}

Privacy PrivacyFrom(ews::Sensitivity sensitivity) {
  switch (sensitivity) {
    case ews::Sensitivity::kPersonal:
    case ews::Sensitivity::kPrivate:
      return Privacy::kPrivate;
    case ews::Sensitivity::kConfidential:
      return Privacy::kConfidential;
    case ews::Sensitivity::kNormal:
      break;
  }
  return Privacy::kPublic;
}

// Only what can be written to; X.500 paths mean nothing outside of the server.
std::string AddressOf(const ews::Mailbox& mailbox) {
  return mailbox.email.find('@') == std::string::npos ? std::string() : mailbox.email;
}

void AddAttendees(const std::vector<ews::Attendee>& from, AttendeeRole role, std::vector<MeetingAttendee>& to) {
  for (const auto& attendee : from) {
    to.push_back({.email = AddressOf(attendee.mailbox),
                  .display_name = attendee.mailbox.name,
                  .role = role,
                  .response = ResponseFrom(attendee.response)});
  }
}

ews::FreeBusy FreeBusyFrom(ShowAs show_as) {
  switch (show_as) {
    case ShowAs::kFree:
      return ews::FreeBusy::kFree;
    case ShowAs::kTentative:
      return ews::FreeBusy::kTentative;
    case ShowAs::kOutOfOffice:
      return ews::FreeBusy::kOutOfOffice;
    case ShowAs::kWorkingElsewhere:
      return ews::FreeBusy::kWorkingElsewhere;
    case ShowAs::kBusy:
      break;
  }
  return ews::FreeBusy::kBusy;
}

ews::Sensitivity SensitivityFrom(Privacy privacy) {
  switch (privacy) {
    case Privacy::kPrivate:
      return ews::Sensitivity::kPrivate;
    case Privacy::kConfidential:
      return ews::Sensitivity::kConfidential;
    case Privacy::kPublic:
      break;
  }
  return ews::Sensitivity::kNormal;
}

// A mailbox knows presenters as people who are required.
void SetAttendees(const std::vector<MeetingAttendee>& attendees, ews::CalendarUpdate& update) {
  update.required_attendees.emplace();
  update.optional_attendees.emplace();
  update.resources.emplace();
  for (const auto& attendee : attendees) {
    switch (attendee.role) {
      case AttendeeRole::kOptional:
        update.optional_attendees->push_back(attendee.email);
        break;
      case AttendeeRole::kResource:
        update.resources->push_back(attendee.email);
        break;
      case AttendeeRole::kRequired:
      case AttendeeRole::kPresenter:
        update.required_attendees->push_back(attendee.email);
        break;
    }
  }
}

void SetField(const MeetingFields& wanted, Field field, ews::CalendarUpdate& update) {
  switch (field) {
    case Field::kSubject:
      update.subject = wanted.subject;
      return;
    case Field::kTime:
      update.start = wanted.start;
      update.end = wanted.end;
      update.is_all_day = wanted.all_day;
      if (const auto zone = calendar::WindowsFromIana(wanted.time_zone)) update.time_zone = *zone;
      return;
    case Field::kLocation:
      update.location = wanted.location;
      return;
    case Field::kAttendees:
      SetAttendees(wanted.attendees, update);
      return;
    case Field::kShowAs:
      update.free_busy = FreeBusyFrom(wanted.show_as);
      return;
    case Field::kAvailabilityState:
      if (wanted.chosen_state.empty()) {
        update.delete_properties.push_back(ews::CrosspointAvailabilityStatePath());
      } else {
        update.set_properties.push_back({ews::CrosspointAvailabilityStatePath(), wanted.chosen_state});
      }
      return;
    case Field::kPrivacy:
      update.sensitivity = SensitivityFrom(wanted.privacy);
      return;
  }
}

}  // namespace

CalendarEntry EntryFrom(const ews::CalendarItem& item) {
  return {.item = {item.id.id, item.id.change_key},
          .kind = KindFrom(item.item_type),
          .start = item.start,
          .end = item.end,
          .show_as = ShowAsFrom(item.free_busy),
          .cancelled = IsCancelled(item),
          .declined = item.my_response == ews::ResponseType::kDecline,
          .chosen_state = item.Get(ews::CrosspointAvailabilityStatePath()),
          .correlation_id = item.Get(ews::CrosspointIdPath()),
          .ical_uid = item.uid};
}

Meeting MeetingFrom(const ews::CalendarItem& item) {
  Meeting meeting{.key = KeyOf(item.id.id),
                  .item = {item.id.id, item.id.change_key},
                  .subject = item.subject,
                  .start = item.start,
                  .end = item.end,
                  .all_day = item.is_all_day,
                  .location = item.location,
                  .show_as = ShowAsFrom(item.free_busy),
                  .chosen_state = item.Get(ews::CrosspointAvailabilityStatePath()),
                  .cancelled = IsCancelled(item),
                  .ical_uid = item.uid,
                  .correlation_id = item.Get(ews::CrosspointIdPath()),
                  .recurring = item.is_recurring || KindFrom(item.item_type) != EntryKind::kSingle,
                  .privacy = PrivacyFrom(item.sensitivity),
                  .sequence = item.appointment_sequence.value_or(0),
                  .created = item.created,
                  .last_modified = item.last_modified};
  if (auto zone = calendar::RecognizeZone(item.start_time_zone)) meeting.time_zone = *std::move(zone);
  if (KindFrom(item.item_type) == EntryKind::kOccurrence) {
    meeting.recurrence_id = item.recurrence_id ? item.recurrence_id : item.original_start;
  }
  if (item.organizer) {
    meeting.organizer = AddressOf(*item.organizer);
    meeting.organizer_name = item.organizer->name;
  }
  AddAttendees(item.required_attendees, AttendeeRole::kRequired, meeting.attendees);
  AddAttendees(item.optional_attendees, AttendeeRole::kOptional, meeting.attendees);
  AddAttendees(item.resources, AttendeeRole::kResource, meeting.attendees);
  // Who is invited, and not the organizer, has got it.
  const bool own = item.my_response == ews::ResponseType::kOrganizer || item.my_response == ews::ResponseType::kUnknown;
  meeting.invitations_sent = !own || item.request_was_sent.value_or(true);
  return meeting;
}

ews::CalendarUpdate UpdateFor(const MeetingFields& wanted, const std::vector<Field>& fields) {
  ews::CalendarUpdate update;
  for (const auto field : fields) SetField(wanted, field, update);
  return update;
}

}  // namespace crosspoint::meeting_sync
