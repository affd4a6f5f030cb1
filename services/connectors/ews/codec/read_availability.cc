#include <algorithm>
#include <chrono>
#include <optional>

#include "common/status/status.h"
#include "connectors/ews/codec/availability_names.h"
#include "connectors/ews/codec/response_parts.h"

// Answers about free and busy times, out-of-office messages and time zones.
namespace crosspoint::ews {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr size_t kLongestDuration = 32;            // of its text
constexpr int64_t kMaxOffsetSeconds = 2 * 86'400;  // no zone and no change of clocks is farther from midnight or UTC

// A time with its own zone, or one of `zone`.
std::optional<TimePoint> TimeIn(const ZoneRule& zone, const pugi::xml_node& node, std::string_view name) {
  const std::string text = ChildText(node, name);
  const auto time = ParseDateTime(text);
  if (!time) return std::nullopt;
  const std::string_view clock = Trim(text).substr(std::min<size_t>(Trim(text).size(), 10));
  return clock.find_first_of("Z+-") == clock.npos ? FromZone(zone, *time) : *time;
}

FreeBusy StateOfDigit(char digit) {
  switch (digit) {
    case '0':
      return FreeBusy::kFree;
    case '1':
      return FreeBusy::kTentative;
    case '2':
      return FreeBusy::kBusy;
    case '3':
      return FreeBusy::kOutOfOffice;
    default:
      return FreeBusy::kNoData;
  }
}

std::optional<BusyDetails> ReadDetails(const pugi::xml_node& details) {
  if (!details) return std::nullopt;
  return BusyDetails{.id = ChildText(details, "ID"),
                     .subject = ChildText(details, "Subject"),
                     .location = ChildText(details, "Location"),
                     .is_meeting = ChildBool(details, "IsMeeting").value_or(false),
                     .is_recurring = ChildBool(details, "IsRecurring").value_or(false),
                     .is_exception = ChildBool(details, "IsException").value_or(false),
                     .is_private = ChildBool(details, "IsPrivate").value_or(false)};
}

std::optional<BusyTime> ReadBusyTime(const pugi::xml_node& event, const ZoneRule& zone) {
  const auto start = TimeIn(zone, event, "StartTime");
  const auto end = TimeIn(zone, event, "EndTime");
  if (!start || !end) return std::nullopt;
  BusyTime read{.start = *start,
                .end = *end,
                .state = ChildEnum(event, "BusyType", kFreeBusyNames, FreeBusy::kBusy),
                .details = ReadDetails(Child(event, "CalendarEventDetails"))};
  if (read.details && read.details->is_private) {
    read.details->subject.clear();
    read.details->location.clear();
  }
  return read;
}

// "02:00:00"
seconds ReadClock(std::string_view text) {
  const auto time = ParseDateTime("1970-01-01T" + std::string(Trim(text)));
  return time ? std::chrono::floor<seconds>(time->time_since_epoch()) : seconds(0);
}

ZoneChange ReadZoneChange(const pugi::xml_node& change) {
  return {.bias = minutes(ChildInt(change, "Bias").value_or(0)),
          .time = ReadClock(ChildText(change, "Time")),
          .month = ChildInt(change, "Month").value_or(0),
          .week = ChildInt(change, "DayOrder").value_or(0),
          .day_of_week = std::string(Trim(ChildText(change, "DayOfWeek")))};
}

WorkingHours ReadWorkingHours(const pugi::xml_node& hours) {
  const pugi::xml_node zone = Child(hours, "TimeZone");
  WorkingHours read{.zone = {.bias = minutes(ChildInt(zone, "Bias").value_or(0)),
                             .standard = ReadZoneChange(Child(zone, "StandardTime")),
                             .daylight = ReadZoneChange(Child(zone, "DaylightTime"))},
                    .periods = {}};
  for (const pugi::xml_node& period : Child(hours, "WorkingPeriodArray").children()) {
    if (period.type() != pugi::node_element) continue;
    read.periods.push_back({.days = ReadWords(ChildText(period, "DayOfWeek")),
                            .start = minutes(ChildInt(period, "StartTimeInMinutes").value_or(0)),
                            .end = minutes(ChildInt(period, "EndTimeInMinutes").value_or(0))});
  }
  return read;
}

absl::StatusOr<Availability> ReadFreeBusy(const pugi::xml_node& response, const ZoneRule& zone) {
  CROSSPOINT_RETURN_IF_ERROR(StatusOfMessage(Child(response, "ResponseMessage")));
  const pugi::xml_node view = Child(response, "FreeBusyView");
  Availability read;
  // A list by the schema; its last word is the richest.
  for (const std::string& word : ReadWords(ChildText(view, "FreeBusyViewType"))) {
    read.view = FromName(kAvailabilityViewNames, word).value_or(read.view);
  }
  const std::string merged = ChildText(view, "MergedFreeBusy");
  for (const char digit : Trim(merged)) read.merged.push_back(StateOfDigit(digit));
  for (const pugi::xml_node& event : Child(view, "CalendarEventArray").children()) {
    if (auto busy = ReadBusyTime(event, zone)) read.busy.push_back(std::move(*busy));
  }
  if (const pugi::xml_node hours = Child(view, "WorkingHours")) read.working_hours = ReadWorkingHours(hours);
  return read;
}

// xs:duration with days, hours, minutes and seconds. Zero when it is none.
seconds ReadDuration(std::string_view text) {
  text = Trim(text).substr(0, kLongestDuration);
  const bool minus = !text.empty() && text.front() == '-';
  int64_t total = 0;
  int64_t number = 0;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      number = std::min<int64_t>(number * 10 + (c - '0'), 1'000'000'000);
      continue;
    }
    const int64_t unit = c == 'D' ? 86'400 : c == 'H' ? 3'600 : c == 'M' ? 60 : c == 'S' ? 1 : 0;
    total += number * unit;
    number = 0;
  }
  total = std::min(total, kMaxOffsetSeconds);
  return seconds(minus ? -total : total);
}

ZoneTransition ReadTransition(const pugi::xml_node& transition) {
  const pugi::xml_node to = Child(transition, "To");
  return {.to = std::string(Trim(TextOf(to))),
          .to_group = AttributeOf(to, "Kind") == "Group",
          .at = ChildTime(transition, "DateTime"),
          .month = ChildInt(transition, "Month").value_or(0),
          .time = ReadDuration(ChildText(transition, "TimeOffset")),
          .day_of_week = std::string(Trim(ChildText(transition, "DayOfWeek"))),
          .occurrence = ChildInt(transition, "Occurrence").value_or(0),
          .day = ChildInt(transition, "Day").value_or(0)};
}

std::vector<ZoneTransition> ReadTransitions(const pugi::xml_node& list) {
  std::vector<ZoneTransition> transitions;
  for (const pugi::xml_node& transition : list.children()) {
    if (Child(transition, "To")) transitions.push_back(ReadTransition(transition));
  }
  return transitions;
}

ZoneDefinition ReadZone(const pugi::xml_node& zone) {
  ZoneDefinition read{.id = AttributeOf(zone, "Id"),
                      .name = AttributeOf(zone, "Name"),
                      .periods = {},
                      .groups = {},
                      .transitions = ReadTransitions(Child(zone, "Transitions"))};
  for (const pugi::xml_node& period : Child(zone, "Periods").children()) {
    if (LocalName(period) != "Period") continue;
    read.periods.push_back({.id = AttributeOf(period, "Id"),
                            .name = AttributeOf(period, "Name"),
                            .bias = std::chrono::duration_cast<minutes>(ReadDuration(AttributeOf(period, "Bias")))});
  }
  for (const pugi::xml_node& group : Child(zone, "TransitionsGroups").children()) {
    if (LocalName(group) != "TransitionsGroup") continue;
    read.groups.push_back({.id = AttributeOf(group, "Id"), .transitions = ReadTransitions(group)});
  }
  return read;
}

}  // namespace

absl::StatusOr<Batch<Availability>> ReadGetUserAvailability(std::string_view xml, const ZoneRule& zone,
                                                            const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Envelope envelope, ParseBare(xml, "GetUserAvailabilityResponse", limits));
  Batch<Availability> batch;
  for (const pugi::xml_node& response : Child(envelope.content(), "FreeBusyResponseArray").children()) {
    if (LocalName(response) == "FreeBusyResponse") batch.push_back(ReadFreeBusy(response, zone));
  }
  if (batch.empty()) return BadAnswer("has no mailbox");
  return batch;
}

absl::StatusOr<std::vector<ZoneDefinition>> ReadGetServerTimeZones(std::string_view xml, const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Messages messages, ParseSingle(xml, "GetServerTimeZonesResponse", limits));
  std::vector<ZoneDefinition> zones;
  for (const pugi::xml_node& zone : Child(messages.all.front(), "TimeZoneDefinitions").children()) {
    if (LocalName(zone) == "TimeZoneDefinition") zones.push_back(ReadZone(zone));
  }
  return zones;
}

absl::StatusOr<OofSettings> ReadGetUserOofSettings(std::string_view xml, const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Envelope envelope, ParseBare(xml, "GetUserOofSettingsResponse", limits));
  CROSSPOINT_RETURN_IF_ERROR(StatusOfMessage(Child(envelope.content(), "ResponseMessage")));
  const pugi::xml_node settings = Child(envelope.content(), "OofSettings");
  if (!settings) return BadAnswer("has no settings");
  const std::string allowed(Trim(ChildText(envelope.content(), "AllowExternalOof")));
  return OofSettings{
      .state = ChildEnum(settings, "OofState", kOofStateNames, OofState::kDisabled),
      .audience = ChildEnum(settings, "ExternalAudience", kExternalAudienceNames, ExternalAudience::kNone),
      .start = ChildTime(Child(settings, "Duration"), "StartTime"),
      .end = ChildTime(Child(settings, "Duration"), "EndTime"),
      .internal_reply = ChildText(Child(settings, "InternalReply"), "Message"),
      .external_reply = ChildText(Child(settings, "ExternalReply"), "Message"),
      .allowed_audience = FromName(kExternalAudienceNames, allowed)};
}

absl::Status ReadSetUserOofSettings(std::string_view xml, const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Envelope envelope, ParseBare(xml, "SetUserOofSettingsResponse", limits));
  return StatusOfMessage(Child(envelope.content(), "ResponseMessage"));
}

}  // namespace crosspoint::ews
