#include "connectors/ews/calendar_facts.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "common/calendar/time_zone.h"
#include "connectors/ews/soap/text.h"

namespace crosspoint::ews {
namespace {

using calendar::LocalTime;

// Midnight when the zone is known to the item or the caller; else what the server wrote, read as UTC.
LocalTime LocalStart(const CalendarItem& item, std::string_view zone) {
  auto iana = calendar::RecognizeZone(item.start_time_zone);
  if (!iana) iana = calendar::RecognizeZone(zone);
  return calendar::ToLocal(item.start, iana.value_or(""));
}

bool SamePeople(const std::vector<Attendee>& attendees, std::vector<std::string> emails) {
  if (attendees.size() != emails.size()) return false;
  for (const Attendee& attendee : attendees) {
    const auto same = [&](const std::string& email) { return EqualsIgnoringCase(email, attendee.mailbox.email); };
    const auto found = std::find_if(emails.begin(), emails.end(), same);
    if (found == emails.end()) return false;
    emails.erase(found);
  }
  return true;
}

template <class T>
bool Holds(const std::optional<T>& wanted, const T& value) {
  return !wanted || *wanted == value;
}

}  // namespace

TimeSpan AllDaySpan(const Date& first, int days, std::string_view zone) {
  const std::string iana = calendar::RecognizeZone(zone).value_or("");
  const LocalTime start{.year = first.year, .month = first.month, .day = first.day};
  const LocalTime end{.year = first.year, .month = first.month, .day = first.day + days};
  return {calendar::FromLocal(start, iana), calendar::FromLocal(end, iana)};
}

Date FirstDayOf(const CalendarItem& item, std::string_view zone) {
  const LocalTime local = LocalStart(item, zone);
  return {local.year, local.month, local.day};
}

int DayCountOf(const CalendarItem& item) {
  const auto days = std::chrono::round<std::chrono::days>(item.end - item.start).count();
  return std::max(1, static_cast<int>(days));
}

void HidePrivateFacts(CalendarItem& item) {
  if (item.sensitivity != Sensitivity::kPrivate) return;
  item.subject.clear();
  item.location.clear();
  item.body.reset();
  item.organizer.reset();
  item.required_attendees.clear();
  item.optional_attendees.clear();
  item.resources.clear();
  item.extended_properties.clear();
  if (item.free_busy == FreeBusy::kNoData) item.free_busy = FreeBusy::kBusy;
}

bool IsSameVersion(const CalendarItem& before, const CalendarItem& now) {
  if (!before.id.change_key.empty() && !now.id.change_key.empty()) return before.id.change_key == now.id.change_key;
  return !before.last_modified || !now.last_modified || *before.last_modified == *now.last_modified;
}

bool Shows(const CalendarItem& item, const CalendarUpdate& update) {
  const auto shows_property = [&](const ExtendedProperty& wanted) {
    const ExtendedProperty* property = FindProperty(item.extended_properties, wanted.path);
    return property != nullptr && property->value == wanted.value;
  };
  const auto lacks_property = [&](const PropertyPath& path) {
    return FindProperty(item.extended_properties, path) == nullptr;
  };
  return Holds(update.subject, item.subject) && Holds(update.location, item.location) &&
         Holds(update.start, item.start) && Holds(update.end, item.end) && Holds(update.is_all_day, item.is_all_day) &&
         Holds(update.free_busy, item.free_busy) && Holds(update.sensitivity, item.sensitivity) &&
         (!update.required_attendees || SamePeople(item.required_attendees, *update.required_attendees)) &&
         (!update.optional_attendees || SamePeople(item.optional_attendees, *update.optional_attendees)) &&
         (!update.recurrence || item.recurrence.has_value()) &&
         std::all_of(update.set_properties.begin(), update.set_properties.end(), shows_property) &&
         std::all_of(update.delete_properties.begin(), update.delete_properties.end(), lacks_property);
}

}  // namespace crosspoint::ews
