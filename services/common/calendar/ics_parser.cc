#include <libical/ical.h>

#include <algorithm>
#include <cctype>
#include <cstring>

#include "common/calendar/ical_ptr.h"
#include "common/calendar/ics.h"
#include "common/calendar/time_zone.h"

namespace crosspoint::calendar {
namespace {

constexpr size_t kMaxBytes = size_t{1} << 20;
constexpr size_t kMaxEvents = 2000;
constexpr int kMaxDepth = 8;  // libical frees nested components by recursion

std::string Text(const char* text) { return text == nullptr ? std::string() : std::string(text); }

// Whether the line's property is `name`, with parameters or without.
bool IsProperty(std::string_view line, std::string_view name) {
  return line.size() > name.size() && (line[name.size()] == ':' || line[name.size()] == ';') &&
         std::equal(name.begin(), name.end(), line.begin(),
                    [](char a, char b) { return a == std::toupper(static_cast<unsigned char>(b)); });
}

// Without the line breaks that only fold. Source: RFC 5545, 3.1.
std::string Unfolded(std::string_view text) {
  std::string unfolded;
  unfolded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const size_t feed = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n' ? i + 1 : i;
    const bool folds =
        text[feed] == '\n' && feed + 1 < text.size() && (text[feed + 1] == ' ' || text[feed + 1] == '\t');
    if (folds) {
      i = feed + 1;
    } else {
      unfolded += text[i];
    }
  }
  return unfolded;
}

absl::Status CheckShape(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return absl::InvalidArgumentError("calendar file with a zero byte");
  int depth = 0;
  for (size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find_first_of("\r\n", at), text.size());
    const auto line = text.substr(at, end - at);
    if (IsProperty(line, "BEGIN") && ++depth > kMaxDepth) {
      return absl::InvalidArgumentError("calendar file nested too deeply");
    }
    if (IsProperty(line, "END") && --depth < 0)
      return absl::InvalidArgumentError("calendar file ends before it begins");
    at = end + 1;
  }
  return absl::OkStatus();
}

struct ReadTime {
  TimePoint time;
  bool date_only = false;
  std::string zone;
};

LocalTime ToLocalTime(const icaltimetype& time) {
  return {time.year, time.month, time.day, time.hour, time.minute, time.second};
}

// What the file's own VTIMEZONE says it stands for, when that is a zone known elsewhere.
std::optional<std::string> NamedByFile(icaltimezone* own) {
  const char* location = icaltimezone_get_location(own);
  return location == nullptr ? std::nullopt : RecognizeZone(location);
}

// `calendar` holds the file's own VTIMEZONEs, for names that are known nowhere else.
std::optional<ReadTime> TimeIn(icalproperty* property, icalcomponent* calendar) {
  const auto* value = icalproperty_get_value(property);
  const auto value_kind = value == nullptr ? ICAL_NO_VALUE : icalvalue_isa(value);
  auto time = icaltime_null_time();
  if (value_kind == ICAL_DATE_VALUE) time = icalvalue_get_date(value);
  if (value_kind == ICAL_DATETIME_VALUE) time = icalvalue_get_datetime(value);
  if (value_kind == ICAL_DATETIMEPERIOD_VALUE) {
    const auto either = icalvalue_get_datetimeperiod(value);
    time = icaltime_is_null_time(either.time) ? either.period.start : either.time;
  }
  if (icaltime_is_null_time(time) || !icaltime_is_valid_time(time) || time.year < 1 || time.year > 9999) {
    return std::nullopt;
  }
  const auto local = ToLocalTime(time);
  ReadTime read{.date_only = time.is_date != 0};
  auto* parameter = icalproperty_get_first_parameter(property, ICAL_TZID_PARAMETER);
  const auto name = parameter == nullptr ? std::string() : Text(icalparameter_get_tzid(parameter));
  if (!icaltime_is_utc(time) && !name.empty()) {
    if (auto zone = RecognizeZone(name)) {
      read.zone = *std::move(zone);
    } else if (auto* own = icalcomponent_get_timezone(calendar, name.c_str()); own != nullptr && !read.date_only) {
      if (auto known = NamedByFile(own)) read.zone = *std::move(known);
      read.time = TimePoint{std::chrono::seconds{icaltime_as_timet_with_zone(time, own)}};
      return read;
    }
  }
  read.time = FromLocal(local, read.zone);
  return read;
}

std::optional<ReadTime> TimeOf(icalcomponent* event, icalproperty_kind kind, icalcomponent* calendar) {
  auto* property = icalcomponent_get_first_property(event, kind);
  return property == nullptr ? std::nullopt : TimeIn(property, calendar);
}

std::vector<TimePoint> TimesOf(icalcomponent* event, icalproperty_kind kind, icalcomponent* calendar) {
  std::vector<TimePoint> times;
  for (auto* p = icalcomponent_get_first_property(event, kind); p != nullptr;
       p = icalcomponent_get_next_property(event, kind)) {
    if (const auto read = TimeIn(p, calendar)) times.push_back(read->time);
  }
  return times;
}

// The rule with UNTIL by the series' own clock; of one that names a day only, to the end of that day.
std::string RuleOf(icalproperty* property, const ReadTime& start) {
  auto rule = icalproperty_get_rrule(property);
  if (rule.rscale != nullptr && strcasecmp(rule.rscale, "GREGORIAN") == 0) rule.rscale = nullptr;
  auto& until = rule.until;
  if (!icaltime_is_null_time(until)) {
    if (icaltime_is_utc(until) && !start.date_only) {
      const auto local = ToLocal(FromLocal(ToLocalTime(until), ""), start.zone);
      until.year = local.year;
      until.month = local.month;
      until.day = local.day;
      until.hour = local.hour;
      until.minute = local.minute;
      until.second = local.second;
    } else if (until.is_date != 0 && !start.date_only) {
      until.hour = 23;
      until.minute = until.second = 59;
    }
    until.zone = nullptr;
    until.is_date = start.date_only ? 1 : 0;
  }
  char* text = icalrecurrencetype_as_string_r(&rule);
  auto read = Text(text);
  if (text != nullptr) icalmemory_free_buffer(text);
  return read;
}

std::string TextOf(icalcomponent* event, icalproperty_kind kind, const char* (*get)(const icalproperty*)) {
  auto* property = icalcomponent_get_first_property(event, kind);
  return property == nullptr ? std::string() : Text(get(property));
}

IcsPerson PersonOf(icalproperty* property, const char* address) {
  IcsPerson person{.email = Text(address)};
  if (person.email.size() >= 7 && strncasecmp(person.email.c_str(), "mailto:", 7) == 0) person.email.erase(0, 7);
  auto* name = icalproperty_get_first_parameter(property, ICAL_CN_PARAMETER);
  if (name != nullptr) person.name = Text(icalparameter_get_cn(name));
  return person;
}

IcsAttendee AttendeeOf(icalproperty* property) {
  IcsAttendee attendee{.person = PersonOf(property, icalproperty_get_attendee(property))};
  if (auto* role = icalproperty_get_first_parameter(property, ICAL_ROLE_PARAMETER)) {
    const auto value = icalparameter_get_role(role);
    if (value == ICAL_ROLE_OPTPARTICIPANT) attendee.role = IcsRole::kOptional;
    if (value == ICAL_ROLE_NONPARTICIPANT) attendee.role = IcsRole::kNonParticipant;
    if (value == ICAL_ROLE_CHAIR) attendee.role = IcsRole::kChair;
  }
  if (auto* partstat = icalproperty_get_first_parameter(property, ICAL_PARTSTAT_PARAMETER)) {
    const auto value = icalparameter_get_partstat(partstat);
    if (value == ICAL_PARTSTAT_ACCEPTED) attendee.response = IcsPartStat::kAccepted;
    if (value == ICAL_PARTSTAT_TENTATIVE) attendee.response = IcsPartStat::kTentative;
    if (value == ICAL_PARTSTAT_DECLINED) attendee.response = IcsPartStat::kDeclined;
  }
  if (auto* type = icalproperty_get_first_parameter(property, ICAL_CUTYPE_PARAMETER)) {
    const auto value = icalparameter_get_cutype(type);
    attendee.resource = value == ICAL_CUTYPE_RESOURCE || value == ICAL_CUTYPE_ROOM;
  }
  return attendee;
}

IcsConference ConferenceOf(icalproperty* property) {
  IcsConference conference{.uri = Text(icalproperty_get_conference(property))};
  if (auto* label = icalproperty_get_first_parameter(property, ICAL_LABEL_PARAMETER)) {
    conference.label = Text(icalparameter_get_label(label));
  }
  if (auto* feature = icalproperty_get_first_parameter(property, ICAL_FEATURE_PARAMETER)) {
    if (icalparameter_get_feature(feature) == ICAL_FEATURE_PHONE) conference.feature = IcsFeature::kPhone;
  }
  return conference;
}

TimePoint EndOf(icalcomponent* component, const ReadTime& start, icalcomponent* calendar) {
  if (const auto end = TimeOf(component, ICAL_DTEND_PROPERTY, calendar)) return end->time;
  if (auto* duration = icalcomponent_get_first_property(component, ICAL_DURATION_PROPERTY)) {
    return start.time + std::chrono::seconds{icaldurationtype_as_int(icalproperty_get_duration(duration))};
  }
  return start.date_only ? start.time + std::chrono::hours{24} : start.time;
}

void ReadFacts(icalcomponent* component, IcsEvent& event) {
  event.uid = TextOf(component, ICAL_UID_PROPERTY, icalproperty_get_uid);
  event.summary = TextOf(component, ICAL_SUMMARY_PROPERTY, icalproperty_get_summary);
  event.location = TextOf(component, ICAL_LOCATION_PROPERTY, icalproperty_get_location);
  event.description = TextOf(component, ICAL_DESCRIPTION_PROPERTY, icalproperty_get_description);
  event.url = TextOf(component, ICAL_URL_PROPERTY, icalproperty_get_url);
  if (auto* p = icalcomponent_get_first_property(component, ICAL_SEQUENCE_PROPERTY)) {
    event.sequence = icalproperty_get_sequence(p);
  }
  if (auto* p = icalcomponent_get_first_property(component, ICAL_STATUS_PROPERTY)) {
    const auto status = icalproperty_get_status(p);
    if (status == ICAL_STATUS_TENTATIVE) event.status = IcsStatus::kTentative;
    if (status == ICAL_STATUS_CANCELLED) event.status = IcsStatus::kCancelled;
  }
  if (auto* p = icalcomponent_get_first_property(component, ICAL_CLASS_PROPERTY)) {
    const auto privacy = icalproperty_get_class(p);
    if (privacy == ICAL_CLASS_PRIVATE) event.privacy = IcsClass::kPrivate;
    if (privacy == ICAL_CLASS_CONFIDENTIAL) event.privacy = IcsClass::kConfidential;
  }
  if (auto* p = icalcomponent_get_first_property(component, ICAL_TRANSP_PROPERTY)) {
    event.transparent = icalproperty_get_transp(p) == ICAL_TRANSP_TRANSPARENT;
  }
  if (auto* p = icalcomponent_get_first_property(component, ICAL_ORGANIZER_PROPERTY)) {
    event.organizer = PersonOf(p, icalproperty_get_organizer(p));
  }
  for (auto* p = icalcomponent_get_first_property(component, ICAL_ATTENDEE_PROPERTY); p != nullptr;
       p = icalcomponent_get_next_property(component, ICAL_ATTENDEE_PROPERTY)) {
    event.attendees.push_back(AttendeeOf(p));
  }
  for (auto* p = icalcomponent_get_first_property(component, ICAL_CONFERENCE_PROPERTY); p != nullptr;
       p = icalcomponent_get_next_property(component, ICAL_CONFERENCE_PROPERTY)) {
    event.conferences.push_back(ConferenceOf(p));
  }
  for (auto* p = icalcomponent_get_first_property(component, ICAL_X_PROPERTY); p != nullptr;
       p = icalcomponent_get_next_property(component, ICAL_X_PROPERTY)) {
    if (Text(icalproperty_get_x_name(p)) == "X-MICROSOFT-CDO-BUSYSTATUS")
      event.busy_status = Text(icalproperty_get_x(p));
  }
}

void ReadEvents(icalcomponent* calendar, IcsFile& file) {
  for (auto* component = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT); component != nullptr;
       component = icalcomponent_get_next_component(calendar, ICAL_VEVENT_COMPONENT)) {
    const auto start = TimeOf(component, ICAL_DTSTART_PROPERTY, calendar);
    if (!start) {
      ++file.skipped;
      continue;
    }
    IcsEvent event;
    event.start = start->time;
    event.all_day = start->date_only;
    event.time_zone = start->zone;
    event.end = std::max(event.start, EndOf(component, *start, calendar));
    ReadFacts(component, event);
    if (auto* p = icalcomponent_get_first_property(component, ICAL_RRULE_PROPERTY)) event.rrule = RuleOf(p, *start);
    event.exdates = TimesOf(component, ICAL_EXDATE_PROPERTY, calendar);
    event.rdates = TimesOf(component, ICAL_RDATE_PROPERTY, calendar);
    const auto instant = [&](icalproperty_kind kind) -> std::optional<TimePoint> {
      const auto read = TimeOf(component, kind, calendar);
      return read ? std::optional(read->time) : std::nullopt;
    };
    event.stamp = instant(ICAL_DTSTAMP_PROPERTY).value_or(TimePoint{});
    event.recurrence_id = instant(ICAL_RECURRENCEID_PROPERTY);
    event.created = instant(ICAL_CREATED_PROPERTY);
    event.last_modified = instant(ICAL_LASTMODIFIED_PROPERTY);
    file.events.push_back(std::move(event));
  }
}

}  // namespace

absl::StatusOr<IcsFile> ParseIcs(std::string_view text) {
  PrepareIcal();
  if (text.substr(0, 3) == "\xef\xbb\xbf") text.remove_prefix(3);
  if (text.size() > kMaxBytes) return absl::InvalidArgumentError("calendar file larger than 1 MiB");
  const auto unfolded = Unfolded(text);
  if (auto status = CheckShape(unfolded); !status.ok()) return status;
  const IcalPtr root(icalparser_parse_string(unfolded.c_str()));
  if (!root) return absl::InvalidArgumentError("not an iCalendar file");
  IcsFile file;
  const auto read = [&file](icalcomponent* calendar) {
    if (file.method.empty()) {
      if (auto* p = icalcomponent_get_first_property(calendar, ICAL_METHOD_PROPERTY)) {
        file.method = Text(icalproperty_method_to_string(icalproperty_get_method(p)));
      }
    }
    ReadEvents(calendar, file);
  };
  const auto check = [&file]() -> absl::StatusOr<IcsFile> {
    if (file.events.size() > kMaxEvents) return absl::InvalidArgumentError("calendar file of more than 2000 events");
    return std::move(file);
  };
  if (icalcomponent_isa(root.get()) == ICAL_VCALENDAR_COMPONENT) {
    read(root.get());
    return check();
  }
  // Several calendars in one file come under a root of no kind.
  bool any = false;
  for (auto* calendar = icalcomponent_get_first_component(root.get(), ICAL_VCALENDAR_COMPONENT); calendar != nullptr;
       calendar = icalcomponent_get_next_component(root.get(), ICAL_VCALENDAR_COMPONENT)) {
    any = true;
    read(calendar);
  }
  if (!any) return absl::InvalidArgumentError("not an iCalendar file");
  return check();
}

}  // namespace crosspoint::calendar
