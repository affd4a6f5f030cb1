#include "exchange_sim/items/item_edit.h"

#include <algorithm>
#include <array>

#include "common/status/status.h"
#include "exchange_sim/error.h"
#include "exchange_sim/items/item_fields.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr Seconds kMaxLength = 5 * 366 * Seconds{86400};

bool IsBoolean(std::string_view text) { return text == "true" || text == "false" || text == "1" || text == "0"; }
bool IsTrue(std::string_view text) { return text == "true" || text == "1"; }

template <size_t N>
bool OneOf(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

absl::Status CheckValue(std::string_view element, std::string_view text) {
  constexpr std::array<std::string_view, 6> kBusy = {"Free", "Tentative", "Busy", "OOF", "WorkingElsewhere", "NoData"};
  constexpr std::array<std::string_view, 4> kSensitivity = {"Normal", "Personal", "Private", "Confidential"};
  constexpr std::array<std::string_view, 3> kImportance = {"Low", "Normal", "High"};
  const bool flag = element.starts_with("Is") || element == "ReminderIsSet" || element == "AllowNewTimeProposal";
  const bool good = element == "LegacyFreeBusyStatus" ? OneOf(text, kBusy)
                    : element == "Sensitivity"        ? OneOf(text, kSensitivity)
                    : element == "Importance"         ? OneOf(text, kImportance)
                                                      : !flag || IsBoolean(text);
  if (good) return absl::OkStatus();
  return SchemaError(
      fmt::format("The '{}' element is invalid - The value '{}' is invalid according to its datatype.", element, text));
}

}  // namespace

ItemEditor::ItemEditor(Store& store, Item& item, OccurrenceChange* change, uint32_t version, TimeZonePtr zone)
    : store_(store), item_(item), change_(change), version_(version), zone_(std::move(zone)) {}

absl::Status ItemEditor::Set(pugi::xml_node element) {
  const std::string name(LocalName(element));
  const std::string text = element.text().get();
  const Field* field = FieldByElement(name);
  if (field == nullptr) return SchemaError(fmt::format("The element '{}' has an invalid name.", name));
  if (!field->settable) return EwsError("ErrorInvalidPropertySet", "Set action is invalid for property.");
  CROSSPOINT_RETURN_IF_ERROR(CheckValue(name, text));
  if (name == "Start" || name == "End") return SetTime(name, text);
  if (name == "ExtendedProperty") return SetExtended(element);
  if (name == "StartTimeZone" || name == "StartTimeZoneId" || name == "MeetingTimeZone") return SetZone(element);
  if (name == "EndTimeZone" || name == "EndTimeZoneId") return absl::OkStatus();  // one zone is kept for both ends
  if (name == "UID") {
    item_.uid = text;
  } else if (name == "IsAllDayEvent") {
    item_.all_day = IsTrue(text);
  } else if (name == "Recurrence") {
    if (change_ != nullptr) return EwsError("ErrorInvalidPropertySet", "An occurrence cannot recur.");
    CROSSPOINT_ASSIGN_OR_RETURN(item_.recurrence, ParseRecurrence(element));
    pattern_changed_ = true;
  } else if (name == "RequiredAttendees" || name == "OptionalAttendees" || name == "Resources") {
    properties()[name] = {WithNames(element), version_};
  } else {
    properties()[name] = {Fragment(element), version_};
  }
  return absl::OkStatus();
}

absl::Status ItemEditor::SetTime(std::string_view element, std::string_view text) {
  const auto time = ParseDateTime(Trim(text));
  if (!time) return SchemaError(fmt::format("The '{}' element is invalid - '{}' is no dateTime.", element, text));
  const Seconds at = time->local ? zone_->ToUtc(time->at) : time->at;
  if (change_ != nullptr) {
    (element == "Start" ? change_->start : change_->end) = at;
  } else {
    (element == "Start" ? item_.start : item_.end) = at;
    item_.times_version = version_;
    pattern_changed_ = true;
  }
  return absl::OkStatus();
}

absl::Status ItemEditor::SetZone(pugi::xml_node element) {
  std::string id = element.attribute("Id").value();
  if (id.empty()) id = element.attribute("TimeZoneName").value();
  if (id.empty()) id = element.text().get();
  TimeZonePtr zone = id.empty() ? TimeZone::Utc() : TimeZone::Find(id);
  if (zone == nullptr) {
    // A zone of the client's own: its standard period is all that is kept of it.
    const pugi::xml_node period = element.child("t:Periods").child("t:Period");
    const std::string_view bias = period.attribute("Bias").value();  // PT480M or -PT60M, west is positive
    if (bias.empty()) return EwsError("ErrorCalendarInvalidTimeZone", "The time zone is invalid.");
    const size_t at = bias.find("PT");
    const int minutes = at == std::string_view::npos ? 0 : std::atoi(bias.data() + at + 2);
    zone = TimeZone::Fixed(id, (bias.starts_with('-') ? 60 : -60) * minutes);
  }
  zone_ = zone;
  if (change_ == nullptr) item_.zone = zone;
  return absl::OkStatus();
}

absl::Status ItemEditor::SetExtended(pugi::xml_node element) {
  CROSSPOINT_ASSIGN_OR_RETURN(const std::string key, ExtendedKey(element.child("t:ExtendedFieldURI")));
  pugi::xml_node value = element.child("t:Value");
  if (!value) value = element.child("t:Values");
  if (!value) return SchemaError("an ExtendedProperty needs a Value or Values");
  extended()[key] = {Fragment(value), version_};
  return absl::OkStatus();
}

std::string ItemEditor::WithNames(pugi::xml_node attendees) const {
  XmlWriter out;
  out.Open(attendees.name());
  for (const pugi::xml_node attendee : attendees.children("t:Attendee")) {
    const pugi::xml_node mailbox = attendee.child("t:Mailbox");
    const std::string address = mailbox.child("t:EmailAddress").text().get();
    const Mailbox* known = store_.FindMailbox(address);
    std::string name = mailbox.child("t:Name").text().get();
    if (name.empty()) name = known ? known->person.display_name : address;
    const std::string response = attendee.child("t:ResponseType").text().get();
    out.Open("t:Attendee").Open("t:Mailbox").Leaf("t:Name", name);
    out.Leaf("t:EmailAddress", known ? known->person.email : address).Leaf("t:RoutingType", "SMTP");
    out.Leaf("t:MailboxType", known ? "Mailbox" : "OneOff").Close();
    out.Leaf("t:ResponseType", response.empty() ? "Unknown" : response).Close();
  }
  out.Close();
  return out.Take();
}

absl::Status ItemEditor::Delete(pugi::xml_node path) {
  if (LocalName(path) == "ExtendedFieldURI") {
    CROSSPOINT_ASSIGN_OR_RETURN(const std::string key, ExtendedKey(path));
    extended().erase(key);
    return absl::OkStatus();
  }
  const Field* field = FieldByUri(path.attribute("FieldURI").value());
  const bool required = field != nullptr && (field->element == "Start" || field->element == "End");
  if (field == nullptr || !field->settable || required) {
    return EwsError("ErrorInvalidPropertyDelete", "Delete action is invalid for property.");
  }
  if (field->element == "Recurrence" && change_ == nullptr) {
    item_.recurrence.reset();
    item_.exceptions.clear();
  }
  if (field->element == "IsAllDayEvent") item_.all_day = false;
  properties().erase(std::string(field->element));
  return absl::OkStatus();
}

uint32_t ItemEditor::VersionOf(pugi::xml_node path) const {
  const auto version = [](const std::map<std::string, Property>& values, const std::string& key) {
    const auto found = values.find(key);
    return found == values.end() ? 0 : found->second.version;
  };
  if (LocalName(path) == "ExtendedFieldURI") {
    const auto key = ExtendedKey(path);
    return key.ok() ? version(change_ ? change_->extended : item_.extended, *key) : 0;
  }
  const Field* field = FieldByUri(path.attribute("FieldURI").value());
  if (field == nullptr) return 0;
  if (field->element == "Start" || field->element == "End") return change_ ? 0 : item_.times_version;
  return version(change_ ? change_->properties : item_.properties, std::string(field->element));
}

absl::Status ItemEditor::Check() {
  const Seconds start = change_ ? change_->start.value_or(item_.start) : item_.start;
  const Seconds end = change_ ? change_->end.value_or(start + item_.end - item_.start) : item_.end;
  if (end < start) {
    return EwsError("ErrorCalendarEndDateIsEarlierThanStartDate", "EndDate is earlier than StartDate");
  }
  if (end - start > kMaxLength) {
    return EwsError("ErrorCalendarDurationIsTooLong", "The duration of the calendar item is too long.");
  }
  if (change_ != nullptr) return absl::OkStatus();
  if (item_.all_day) {
    const auto midnight = [this](Seconds at, Seconds round_up) {
      return item_.zone->ToUtc((item_.zone->ToLocal(at) + round_up) / 86400 * 86400);
    };
    item_.start = midnight(item_.start, 0);
    item_.end = std::max(midnight(item_.end, 86399), midnight(item_.start + 86400, 3600));
  }
  if (pattern_changed_ && item_.recurrence) {
    const auto starts = OriginalStarts(item_, Seconds{1} << 40, 1);
    if (starts.empty()) return EwsError("ErrorRecurrenceHasNoOccurrence", "The recurrence has no occurrence.");
    item_.end = starts.front() + (item_.end - item_.start);
    item_.start = starts.front();
    item_.exceptions.clear();  // another pattern: what was an exception no longer is
  }
  return absl::OkStatus();
}

absl::Status SetAll(ItemEditor& editor, pugi::xml_node calendar_item) {
  const auto is_zone = [](pugi::xml_node element) {
    return LocalName(element).find("TimeZone") != std::string_view::npos;
  };
  for (const bool zones : {true, false}) {
    for (const pugi::xml_node element : Elements(calendar_item)) {
      if (is_zone(element) == zones) CROSSPOINT_RETURN_IF_ERROR(editor.Set(element));
    }
  }
  return absl::OkStatus();
}

}  // namespace crosspoint::exchange_sim
