#include "connectors/ews/codec/read_calendar.h"

#include <algorithm>

#include "connectors/ews/codec/names.h"
#include "connectors/ews/codec/read_item.h"
#include "connectors/ews/codec/response_parts.h"
#include "connectors/ews/soap/text.h"

namespace crosspoint::ews {
namespace {

std::vector<Attendee> ReadAttendees(const pugi::xml_node& list) {
  std::vector<Attendee> attendees;
  for (const pugi::xml_node& attendee : list.children()) {
    const pugi::xml_node mailbox = Child(attendee, "Mailbox");
    if (!mailbox) continue;
    attendees.push_back({.mailbox = ReadMailbox(mailbox),
                         .response = ChildEnum(attendee, "ResponseType", kResponseNames, ResponseType::kUnknown),
                         .response_time = ChildTime(attendee, "LastResponseTime")});
  }
  return attendees;
}

void ReadRange(const pugi::xml_node& recurrence, Recurrence& read) {
  for (const std::string_view name : {"NoEndRecurrence", "EndDateRecurrence", "NumberedRecurrence"}) {
    const pugi::xml_node range = Child(recurrence, name);
    if (!range) continue;
    read.start = ParseDate(ChildText(range, "StartDate")).value_or(Date{});
    read.end = ParseDate(ChildText(range, "EndDate"));
    read.count = ChildInt(range, "NumberOfOccurrences");
  }
}

// nullopt when the pattern is none we know.
std::optional<Recurrence> ReadRecurrence(const pugi::xml_node& recurrence) {
  Recurrence read;
  pugi::xml_node pattern;
  for (const pugi::xml_node& child : recurrence.children()) {
    if (const auto known = FromName(kPatternNames, LocalName(child))) {
      read.pattern = *known;
      pattern = child;
    }
  }
  if (!pattern) return std::nullopt;
  read.interval = ChildInt(pattern, "Interval").value_or(1);
  read.days = ReadWords(ChildText(pattern, "DaysOfWeek"));
  read.first_day_of_week = Trim(ChildText(pattern, "FirstDayOfWeek"));
  read.day_of_month = ChildInt(pattern, "DayOfMonth").value_or(0);
  read.month = Trim(ChildText(pattern, "Month"));
  read.week_index = Trim(ChildText(pattern, "DayOfWeekIndex"));
  ReadRange(recurrence, read);
  return read;
}

std::vector<OccurrenceInfo> ReadOccurrences(const pugi::xml_node& list) {
  std::vector<OccurrenceInfo> occurrences;
  for (const pugi::xml_node& occurrence : list.children()) {
    const auto start = ChildTime(occurrence, "Start");
    const auto end = ChildTime(occurrence, "End");
    const auto original = ChildTime(occurrence, "OriginalStart");
    if (!start || !end || !original) continue;
    occurrences.push_back({ChildItemId(occurrence), *start, *end, *original});
  }
  return occurrences;
}

void ReadSeries(const Fields& item, CalendarItem& read) {
  read.original_start = ChildTime(item, "OriginalStart");
  read.recurrence_id = ChildTime(item, "RecurrenceId");
  if (const pugi::xml_node recurrence = Child(item, "Recurrence")) read.recurrence = ReadRecurrence(recurrence);
  read.modified_occurrences = ReadOccurrences(Child(item, "ModifiedOccurrences"));
  for (const pugi::xml_node& deleted : Child(item, "DeletedOccurrences").children()) {
    if (const auto start = ChildTime(deleted, "Start")) read.deleted_occurrences.push_back(*start);
  }
}

void ReadPeople(const Fields& item, CalendarItem& read) {
  read.my_response = ChildEnum(item, "MyResponseType", kResponseNames, ResponseType::kUnknown);
  if (const pugi::xml_node organizer = Child(item, "Organizer", "Mailbox")) read.organizer = ReadMailbox(organizer);
  read.required_attendees = ReadAttendees(Child(item, "RequiredAttendees"));
  read.optional_attendees = ReadAttendees(Child(item, "OptionalAttendees"));
  read.resources = ReadAttendees(Child(item, "Resources"));
}

std::string ReadTimeZone(const Fields& item, std::string_view definition, std::string_view id) {
  std::string zone = AttributeOf(Child(item, definition), "Id");
  return zone.empty() ? ChildText(item, id) : zone;
}

}  // namespace

CalendarItem ReadCalendarItem(const pugi::xml_node& node) {
  const Fields item(node);
  CalendarItem read;
  read.id = ChildItemId(item);
  read.parent_folder = ChildFolderId(item, "ParentFolderId");
  read.item_class = ChildText(item, "ItemClass");
  read.uid = ChildText(item, "UID");
  read.subject = ChildText(item, "Subject");
  read.location = ChildText(item, "Location");
  read.start = ChildTime(item, "Start").value_or(TimePoint{});
  read.end = ChildTime(item, "End").value_or(read.start);
  read.is_all_day = ChildBool(item, "IsAllDayEvent").value_or(false);
  read.free_busy = ChildEnum(item, "LegacyFreeBusyStatus", kFreeBusyNames, FreeBusy::kBusy);
  read.sensitivity = ChildEnum(item, "Sensitivity", kSensitivityNames, Sensitivity::kNormal);
  read.is_meeting = ChildBool(item, "IsMeeting").value_or(false);
  read.is_cancelled = ChildBool(item, "IsCancelled").value_or(false);
  read.is_recurring = ChildBool(item, "IsRecurring").value_or(false);
  read.item_type = ChildEnum(item, "CalendarItemType", kItemTypeNames, ItemType::kSingle);
  ReadPeople(item, read);
  read.body = ReadBody(Child(item, "Body"));
  read.created = ChildTime(item, "DateTimeCreated");
  read.last_modified = ChildTime(item, "LastModifiedTime");
  read.appointment_sequence = ChildInt(item, "AppointmentSequenceNumber");
  read.appointment_state = ChildInt(item, "AppointmentState");
  read.request_was_sent = ChildBool(item, "MeetingRequestWasSent");
  ReadSeries(item, read);
  if (read.recurrence && read.item_type == ItemType::kSingle) read.item_type = ItemType::kRecurringMaster;
  read.start_time_zone = ReadTimeZone(item, "StartTimeZone", "StartTimeZoneId");
  read.end_time_zone = ReadTimeZone(item, "EndTimeZone", "EndTimeZoneId");
  read.reminder_is_set = ChildBool(item, "ReminderIsSet").value_or(false);
  read.reminder_minutes_before_start = ChildInt(item, "ReminderMinutesBeforeStart").value_or(0);
  read.extended_properties = ReadProperties(node);
  return read;
}

}  // namespace crosspoint::ews
