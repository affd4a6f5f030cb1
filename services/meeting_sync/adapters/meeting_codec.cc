#include "meeting_sync/adapters/meeting_codec.h"

#include <nlohmann/json.hpp>

namespace crosspoint::meeting_sync {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;

int64_t Micros(TimePoint time) { return time.time_since_epoch().count(); }
TimePoint TimeAt(const json& from, const char* key) {
  return TimePoint{TimePoint::duration{from.at(key).get<int64_t>()}};
}

// An enum of `count` values counted from 0; throws when it is none of them.
template <class Enum>
Enum EnumAt(const json& from, const char* key, int count) {
  const int value = from.at(key).get<int>();
  if (value < 0 || value >= count) throw json::other_error::create(501, "unknown value", nullptr);
  return static_cast<Enum>(value);
}

json FieldsTo(const MeetingFields& fields) {
  json attendees = json::array();
  for (const auto& attendee : fields.attendees) {
    attendees.push_back({{"email", attendee.email},
                         {"name", attendee.display_name},
                         {"role", static_cast<int>(attendee.role)},
                         {"response", static_cast<int>(attendee.response)}});
  }
  return {{"subject", fields.subject},         {"start", Micros(fields.start)},
          {"end", Micros(fields.end)},         {"all_day", fields.all_day},
          {"zone", fields.time_zone},          {"location", fields.location},
          {"attendees", std::move(attendees)}, {"show_as", static_cast<int>(fields.show_as)},
          {"state", fields.chosen_state},      {"privacy", static_cast<int>(fields.privacy)}};
}

MeetingFields FieldsFrom(const json& from) {
  MeetingFields fields{.subject = from.at("subject"),
                       .start = TimeAt(from, "start"),
                       .end = TimeAt(from, "end"),
                       .all_day = from.at("all_day"),
                       .time_zone = from.at("zone"),
                       .location = from.at("location"),
                       .attendees = {},
                       .show_as = EnumAt<ShowAs>(from, "show_as", 5),
                       .chosen_state = from.at("state"),
                       .privacy = EnumAt<Privacy>(from, "privacy", 3)};
  for (const auto& attendee : from.at("attendees")) {
    fields.attendees.push_back({.email = attendee.at("email"),
                                .display_name = attendee.at("name"),
                                .role = EnumAt<AttendeeRole>(attendee, "role", 4),
                                .response = EnumAt<AttendeeResponse>(attendee, "response", 5)});
  }
  return fields;
}

json ConferenceTo(const Conference& conference) {
  return {{"url", conference.url},
          {"dial_in", conference.dial_in_numbers},
          {"code", conference.participant_code},
          {"host_code", conference.host_code},
          {"password", conference.password}};
}

Conference ConferenceFrom(const json& from) {
  return {.url = from.at("url"),
          .dial_in_numbers = from.at("dial_in").get<std::vector<std::string>>(),
          .participant_code = from.at("code"),
          .host_code = from.at("host_code"),
          .password = from.at("password")};
}

BridgeMeeting MeetingFrom(const json& from) {
  BridgeMeeting meeting{.state = EnumAt<BridgeState>(from, "state", 3),
                        .fields = FieldsFrom(from.at("fields")),
                        .organizer = from.at("organizer"),
                        .organizer_name = from.at("organizer_name"),
                        .conference = ConferenceFrom(from.at("conference")),
                        .ical_uid = from.at("uid"),
                        .sequence = from.at("sequence"),
                        .recurring = from.at("recurring"),
                        .placed_claim = from.at("placed_claim"),
                        .created = TimeAt(from, "created"),
                        .modified = TimeAt(from, "modified"),
                        .expires = TimeAt(from, "expires")};
  if (const auto item = from.find("item"); item != from.end()) {
    LinkedItem link{.item = {item->at("id"), item->at("change_key")}, .key = ItemKey{item->at("key")}, .base = {}};
    const auto& base = item->at("base");
    for (size_t i = 0; i < link.base.texts.size(); ++i) link.base.texts[i] = base.at(i);
    meeting.link = std::move(link);
  }
  for (const auto& step : from.at("history")) meeting.history.push_back({TimeAt(step, "time"), step.at("text")});
  return meeting;
}

// What a text from outside cannot be made JSON of is replaced, not refused.
std::string Dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace

std::string EncodeMeeting(const BridgeMeeting& meeting) {
  json to{{"v", kVersion},
          {"state", static_cast<int>(meeting.state)},
          {"fields", FieldsTo(meeting.fields)},
          {"organizer", meeting.organizer},
          {"organizer_name", meeting.organizer_name},
          {"conference", ConferenceTo(meeting.conference)},
          {"uid", meeting.ical_uid},
          {"sequence", meeting.sequence},
          {"recurring", meeting.recurring},
          {"placed_claim", meeting.placed_claim},
          {"created", Micros(meeting.created)},
          {"modified", Micros(meeting.modified)},
          {"expires", Micros(meeting.expires)},
          {"history", json::array()}};
  if (meeting.link) {
    to["item"] = {{"id", meeting.link->item.id},
                  {"change_key", meeting.link->item.change_key},
                  {"key", meeting.link->key.value},
                  {"base", meeting.link->base.texts}};
  }
  for (const auto& step : meeting.history) to["history"].push_back({{"time", Micros(step.time)}, {"text", step.text}});
  return Dump(to);
}

std::optional<BridgeMeeting> DecodeMeeting(std::string_view record) {
  try {
    const auto from = json::parse(record);
    if (from.at("v") != kVersion) return std::nullopt;
    return MeetingFrom(from);
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

std::string EncodeBrake(const BrakedRun& run) {
  json to{{"v", kVersion}, {"since", Micros(run.since)}, {"removed", json::array()}};
  for (const auto& id : run.removed) to["removed"].push_back(id.value);
  return Dump(to);
}

std::optional<BrakedRun> DecodeBrake(std::string_view record) {
  try {
    const auto from = json::parse(record);
    BrakedRun run{.removed = {}, .since = TimeAt(from, "since")};
    for (const auto& id : from.at("removed")) run.removed.push_back(MeetingId{id});
    return run;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

std::string EncodePush(const UserId& owner, const MeetingId& id) { return NameOfMeeting(owner, id); }

std::optional<MeetingName> DecodePush(std::string_view payload) { return FromCorrelationId(payload); }

}  // namespace crosspoint::meeting_sync
