#include <libical/ical.h>
#include <unicode/unistr.h>
#include <unicode/vtzone.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <map>
#include <memory>

#include "common/calendar/ical_ptr.h"
#include "common/calendar/ics.h"
#include "common/calendar/time_zone.h"

namespace crosspoint::calendar {
namespace {

constexpr char kBusyStatusProperty[] = "X-MICROSOFT-CDO-BUSYSTATUS";
constexpr char kProductId[] = "-//Crosspoint//Crosspoint//EN";

// Valid UTF-8 without control characters; line ends become '\n' where `lines` allows them, else spaces.
std::string Clean(std::string_view text, bool lines) {
  std::string utf8;
  icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size()))).toUTF8String(utf8);
  std::string clean;
  for (size_t i = 0; i < utf8.size(); ++i) {
    const auto c = static_cast<unsigned char>(utf8[i]);
    if (c == '\r' && i + 1 < utf8.size() && utf8[i + 1] == '\n') continue;
    if (c == '\n' || c == '\r') {
      clean += lines ? '\n' : ' ';
    } else if (c == '\t' || (c >= 0x20 && c != 0x7f)) {
      clean += utf8[i];
    }
  }
  return clean;
}

// What may stand in a quoted parameter value. Source: RFC 5545, 3.2.
std::string CleanParameter(std::string_view text) {
  auto clean = Clean(text, false);
  for (auto& c : clean) {
    if (c == '"') c = '\'';
  }
  return clean;
}

// "mailto:" and the address without what could end a URI or a line; empty when nothing usable is left.
std::string MailTo(std::string_view email) {
  std::string address;
  for (const char c : Clean(email, false)) {
    if (std::strchr(" \t\"<>\\,;:", c) == nullptr) address += c;
  }
  return address.find('@') == std::string::npos ? std::string() : "mailto:" + address;
}

icaltimetype Utc(TimePoint time) {
  const auto local = ToLocal(time, "");
  auto value = icaltime_null_time();
  value.year = local.year;
  value.month = local.month;
  value.day = local.day;
  value.hour = local.hour;
  value.minute = local.minute;
  value.second = local.second;
  value.zone = icaltimezone_get_utc_timezone();
  return value;
}

icaltimetype Local(TimePoint time, const std::string& zone, bool date_only) {
  auto value = Utc(time);
  const auto local = ToLocal(time, zone);
  value.year = local.year;
  value.month = local.month;
  value.day = local.day;
  value.hour = date_only ? 0 : local.hour;
  value.minute = date_only ? 0 : local.minute;
  value.second = date_only ? 0 : local.second;
  value.zone = nullptr;
  value.is_date = date_only ? 1 : 0;
  return value;
}

// How an event tells its times: dates, local times with their zone, or UTC. RECURRENCE-ID goes by the series it names.
struct Terms {
  std::string zone;  // IANA; empty: UTC
  bool all_day = false;
};

// Adds a time in the event's own terms.
void AddTime(icalcomponent* event, icalproperty* (*make)(icaltimetype), TimePoint time, const Terms& terms) {
  const auto& zone = terms.zone;
  if (terms.all_day) {
    icalcomponent_add_property(event, make(Local(time, zone, true)));
  } else if (zone.empty()) {
    icalcomponent_add_property(event, make(Utc(time)));
  } else {
    auto* property = make(Local(time, zone, false));
    icalproperty_add_parameter(property, icalparameter_new_tzid(zone.c_str()));
    icalcomponent_add_property(event, property);
  }
}

// The zone's rules from a year before `near`, so that one of them is in force then.
IcalPtr TimeZoneComponent(const std::string& zone, TimePoint near) {
  std::unique_ptr<icu::VTimeZone> vtimezone(icu::VTimeZone::createVTimeZoneByID(icu::UnicodeString::fromUTF8(zone)));
  if (!vtimezone) return nullptr;
  UErrorCode error = U_ZERO_ERROR;
  icu::UnicodeString text;
  const auto from = near - std::chrono::hours{24 * 366};
  vtimezone->write(std::chrono::duration<double, std::milli>(from.time_since_epoch()).count(), text, error);
  if (U_FAILURE(error)) return nullptr;
  std::string utf8;
  text.toUTF8String(utf8);
  IcalPtr component(icalparser_parse_string(utf8.c_str()));
  if (!component || icalcomponent_isa(component.get()) != ICAL_VTIMEZONE_COMPONENT) return nullptr;
  // The version of ICU's table: of no use to readers.
  if (auto* info = icalcomponent_get_first_property(component.get(), ICAL_X_PROPERTY)) {
    icalcomponent_remove_property(component.get(), info);
    icalproperty_free(info);
  }
  return component;
}

void AddText(icalcomponent* event, icalproperty* (*make)(const char*), const std::string& text) {
  if (!text.empty()) icalcomponent_add_property(event, make(Clean(text, true).c_str()));
}

void AddPeople(icalcomponent* event, const IcsEvent& from) {
  if (from.organizer) {
    if (const auto address = MailTo(from.organizer->email); !address.empty()) {
      auto* property = icalproperty_new_organizer(address.c_str());
      const auto name = CleanParameter(from.organizer->name);
      if (!name.empty()) icalproperty_add_parameter(property, icalparameter_new_cn(name.c_str()));
      icalcomponent_add_property(event, property);
    }
  }
  static constexpr icalparameter_role kRoles[] = {ICAL_ROLE_REQPARTICIPANT, ICAL_ROLE_OPTPARTICIPANT,
                                                  ICAL_ROLE_NONPARTICIPANT, ICAL_ROLE_CHAIR};
  static constexpr icalparameter_partstat kResponses[] = {ICAL_PARTSTAT_NEEDSACTION, ICAL_PARTSTAT_ACCEPTED,
                                                          ICAL_PARTSTAT_TENTATIVE, ICAL_PARTSTAT_DECLINED};
  for (const auto& attendee : from.attendees) {
    const auto address = MailTo(attendee.person.email);
    if (address.empty()) continue;
    auto* property = icalproperty_new_attendee(address.c_str());
    if (attendee.resource) icalproperty_add_parameter(property, icalparameter_new_cutype(ICAL_CUTYPE_RESOURCE));
    icalproperty_add_parameter(property, icalparameter_new_role(kRoles[static_cast<int>(attendee.role)]));
    icalproperty_add_parameter(property, icalparameter_new_partstat(kResponses[static_cast<int>(attendee.response)]));
    const auto name = CleanParameter(attendee.person.name);
    if (!name.empty()) icalproperty_add_parameter(property, icalparameter_new_cn(name.c_str()));
    icalcomponent_add_property(event, property);
  }
}

// What may stand in a URI; nothing else of it is told.
std::string CleanUri(std::string_view text) {
  std::string uri;
  for (const char c : Clean(text, false)) {
    if (c > ' ' && c != 0x7f && std::strchr("\"<>\\^`{|}", c) == nullptr) uri += c;
  }
  return uri;
}

void AddConferences(icalcomponent* event, const IcsEvent& from) {
  for (const auto& conference : from.conferences) {
    const auto uri = CleanUri(conference.uri);
    if (uri.find(':') == std::string::npos) continue;
    auto* property = icalproperty_new_conference(uri.c_str());
    icalproperty_add_parameter(property, icalparameter_new_value(ICAL_VALUE_URI));
    icalproperty_add_parameter(
        property,
        icalparameter_new_feature(conference.feature == IcsFeature::kPhone ? ICAL_FEATURE_PHONE : ICAL_FEATURE_VIDEO));
    const auto label = CleanParameter(conference.label);
    if (!label.empty()) icalproperty_add_parameter(property, icalparameter_new_label(label.c_str()));
    icalcomponent_add_property(event, property);
  }
}

// UNTIL is told in UTC, or as a date when the series is one of days. Source: RFC 5545, 3.3.10.
void AddRule(icalcomponent* event, const std::string& text, const Terms& terms) {
  if (HasOtherCalendar(text)) return;
  auto rule = icalrecurrencetype_from_string(text.c_str());
  if (rule.freq == ICAL_NO_RECURRENCE) return;
  if (!icaltime_is_null_time(rule.until)) {
    const LocalTime until{rule.until.year, rule.until.month,  rule.until.day,
                          rule.until.hour, rule.until.minute, rule.until.second};
    if (terms.all_day) {
      rule.until = Local(FromLocal(until, ""), "", true);
    } else {
      rule.until = Utc(FromLocal(until, terms.zone));
    }
  }
  icalcomponent_add_property(event, icalproperty_new_rrule(rule));
}

void AddSeries(icalcomponent* event, const IcsEvent& from, const Terms& terms) {
  if (!from.rrule.empty()) AddRule(event, from.rrule, terms);
  for (const auto time : from.exdates) AddTime(event, icalproperty_new_exdate, time, terms);
  for (const auto time : from.rdates) {
    AddTime(
        event, [](icaltimetype at) { return icalproperty_new_rdate({.time = at, .period = {}}); }, time, terms);
  }
}

void AddBusyStatus(icalcomponent* event, const std::string& status) {
  static constexpr std::string_view kKnown[] = {"FREE", "TENTATIVE", "BUSY", "OOF", "WORKINGELSEWHERE"};
  if (std::find(std::begin(kKnown), std::end(kKnown), status) == std::end(kKnown)) return;
  auto* property = icalproperty_new_x(status.c_str());
  icalproperty_set_x_name(property, kBusyStatusProperty);
  icalcomponent_add_property(event, property);
}

// `of_series`: the terms of the series that the event is an occurrence of.
IcalPtr EventComponent(const IcsEvent& from, const Terms& terms, const Terms& of_series) {
  static constexpr icalproperty_status kStatus[] = {ICAL_STATUS_CONFIRMED, ICAL_STATUS_TENTATIVE,
                                                    ICAL_STATUS_CANCELLED};
  static constexpr icalproperty_class kClass[] = {ICAL_CLASS_PUBLIC, ICAL_CLASS_PRIVATE, ICAL_CLASS_CONFIDENTIAL};
  IcalPtr event(icalcomponent_new(ICAL_VEVENT_COMPONENT));
  auto* raw = event.get();
  icalcomponent_add_property(raw, icalproperty_new_uid(Clean(from.uid, false).c_str()));
  icalcomponent_add_property(raw, icalproperty_new_dtstamp(Utc(from.stamp)));
  AddTime(raw, icalproperty_new_dtstart, from.start, terms);
  // An end that is the begin must not be told. Source: RFC 5545, 3.8.2.2.
  if (from.end > from.start) AddTime(raw, icalproperty_new_dtend, from.end, terms);
  if (from.recurrence_id) AddTime(raw, icalproperty_new_recurrenceid, *from.recurrence_id, of_series);
  if (!from.recurrence_id) AddSeries(raw, from, terms);
  icalcomponent_add_property(raw, icalproperty_new_sequence(from.sequence));
  AddText(raw, icalproperty_new_summary, from.summary);
  AddText(raw, icalproperty_new_location, from.location);
  AddText(raw, icalproperty_new_description, from.description);
  if (!from.url.empty()) icalcomponent_add_property(raw, icalproperty_new_url(CleanUri(from.url).c_str()));
  AddConferences(raw, from);
  AddPeople(raw, from);
  icalcomponent_add_property(raw, icalproperty_new_status(kStatus[static_cast<int>(from.status)]));
  icalcomponent_add_property(raw, icalproperty_new_class(kClass[static_cast<int>(from.privacy)]));
  icalcomponent_add_property(raw,
                             icalproperty_new_transp(from.transparent ? ICAL_TRANSP_TRANSPARENT : ICAL_TRANSP_OPAQUE));
  AddBusyStatus(raw, from.busy_status);
  if (from.created) icalcomponent_add_property(raw, icalproperty_new_created(Utc(*from.created)));
  if (from.last_modified) icalcomponent_add_property(raw, icalproperty_new_lastmodified(Utc(*from.last_modified)));
  return event;
}

std::string ZoneOf(const IcsEvent& event) {
  if (!IsIanaZone(event.time_zone) || event.time_zone == "Etc/UTC" || event.time_zone == "UTC") return "";
  return event.time_zone;
}

icalproperty_method MethodOf(const std::string& method) {
  return method.empty() ? ICAL_METHOD_NONE : icalproperty_string_to_method(method.c_str());
}

// The series that an occurrence belongs to; the event itself when that is not in the file.
const IcsEvent& SeriesOf(const IcsEvent& event, const std::vector<IcsEvent>& events) {
  if (!event.recurrence_id) return event;
  for (const auto& other : events) {
    if (!other.recurrence_id && other.uid == event.uid) return other;
  }
  return event;
}

}  // namespace

std::string WriteIcs(const IcsFile& file) {
  PrepareIcal();
  IcalPtr calendar(icalcomponent_new(ICAL_VCALENDAR_COMPONENT));
  icalcomponent_add_property(calendar.get(), icalproperty_new_prodid(kProductId));
  icalcomponent_add_property(calendar.get(), icalproperty_new_version("2.0"));
  icalcomponent_add_property(calendar.get(), icalproperty_new_calscale("GREGORIAN"));
  if (const auto method = MethodOf(file.method); method != ICAL_METHOD_NONE && method != ICAL_METHOD_X) {
    icalcomponent_add_property(calendar.get(), icalproperty_new_method(method));
  }

  std::map<std::string, TimePoint> zones;  // to where its times begin
  for (const auto& event : file.events) {
    const auto zone = ZoneOf(event);
    if (zone.empty() || event.all_day) continue;
    const auto begin = std::min(event.start, event.recurrence_id.value_or(event.start));
    const auto [known, is_new] = zones.emplace(zone, begin);
    if (!is_new) known->second = std::min(known->second, begin);
  }
  std::erase_if(zones, [&calendar](const auto& zone) {
    auto component = TimeZoneComponent(zone.first, zone.second);
    const bool written = component != nullptr;
    if (written) icalcomponent_add_component(calendar.get(), component.release());
    return !written;
  });
  const auto terms = [&zones](const IcsEvent& event) {
    auto zone = ZoneOf(event);
    if (!event.all_day && !zones.contains(zone)) zone.clear();
    return Terms{std::move(zone), event.all_day};
  };
  for (const auto& event : file.events) {
    icalcomponent_add_component(calendar.get(),
                                EventComponent(event, terms(event), terms(SeriesOf(event, file.events))).release());
  }
  char* text = icalcomponent_as_ical_string_r(calendar.get());
  std::string written = text == nullptr ? std::string() : std::string(text);
  icalmemory_free_buffer(text);
  return written;
}

}  // namespace crosspoint::calendar
