#include "exchange_sim/items/item_edit.h"

#include <algorithm>
#include <array>

#include "common/status/status.h"
#include "exchange_sim/distribution_lists.h"
#include "exchange_sim/error.h"
#include "exchange_sim/items/attachments.h"
#include "exchange_sim/items/dictionary.h"
#include "exchange_sim/items/extended.h"
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
  if (name == "MimeContent") {
    return EwsError("ErrorUnsupportedMimeConversion", "Items are not made from MIME content here.");
  }
  const Field* field = FieldByElement(item_.kind, name);
  if (field == nullptr) return SchemaError(fmt::format("The element '{}' has an invalid name.", name));
  if (!field->settable) return EwsError("ErrorInvalidPropertySet", "Set action is invalid for property.");
  CROSSPOINT_RETURN_IF_ERROR(CheckValue(name, text));
  if (name == "ExtendedProperty") return SetExtended(element);
  if (name == "Attachments") return SetAttachments(element);
  if (IsDictionary(name)) return SetEntries(properties(), element, version_);
  if (item_.kind == ItemKind::kCalendarItem && SetsCalendar(name)) return SetCalendar(element);
  if (IsMail(item_.kind) && SetsMail(name)) return SetMail(element);
  properties()[name] = {Fragment(element), version_};
  return absl::OkStatus();
}

bool ItemEditor::SetsCalendar(std::string_view name) {
  constexpr std::array<std::string_view, 13> kNames = {
      "Start",         "End", "StartTimeZone", "StartTimeZoneId",   "MeetingTimeZone",   "EndTimeZone",
      "EndTimeZoneId", "UID", "Recurrence",    "RequiredAttendees", "OptionalAttendees", "Resources",
      "IsAllDayEvent"};
  return OneOf(name, kNames);
}

absl::Status ItemEditor::SetCalendar(pugi::xml_node element) {
  const std::string name(LocalName(element));
  const std::string text = element.text().get();
  if (name == "Start" || name == "End") return SetTime(name, text);
  if (name == "StartTimeZone" || name == "StartTimeZoneId" || name == "MeetingTimeZone") return SetZone(element);
  if (name == "UID") {
    item_.uid = text;
  } else if (name == "IsAllDayEvent") {
    item_.all_day = IsTrue(text);
  } else if (name == "Recurrence") {
    if (change_ != nullptr) return EwsError("ErrorInvalidPropertySet", "An occurrence cannot recur.");
    CROSSPOINT_ASSIGN_OR_RETURN(item_.recurrence, ParseRecurrence(element));
    pattern_changed_ = true;
  } else if (name != "EndTimeZone" && name != "EndTimeZoneId") {  // one zone is kept for both ends
    properties()[name] = {WithNames(element), version_};
  }
  return absl::OkStatus();
}

bool ItemEditor::SetsMail(std::string_view name) {
  constexpr std::array<std::string_view, 8> kNames = {"From",          "Sender",  "ToRecipients", "CcRecipients",
                                                      "BccRecipients", "ReplyTo", "IsRead",       "InternetMessageId"};
  return OneOf(name, kNames);
}

absl::Status ItemEditor::SetMail(pugi::xml_node element) {
  const std::string name(LocalName(element));
  if (name == "IsRead") {
    item_.mail.is_read = IsTrue(element.text().get());
  } else if (name == "InternetMessageId") {
    item_.mail.message_id = element.text().get();
  } else {
    XmlWriter out;
    out.Open(element.name());
    for (const pugi::xml_node mailbox : element.children("t:Mailbox")) WriteKnown(out, mailbox);
    out.Close();
    properties()[name] = {out.Take(), version_};
  }
  return absl::OkStatus();
}

absl::Status ItemEditor::SetAttachments(pugi::xml_node element) {
  if (version_ != 1) return EwsError("ErrorInvalidPropertySet", "Set action is invalid for property.");
  for (const pugi::xml_node one : Elements(element)) {
    CROSSPOINT_ASSIGN_OR_RETURN(Attachment attachment, ParseAttachment(store_, one, zone_));
    AddAttachment(item_, std::move(attachment));
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
  CROSSPOINT_ASSIGN_OR_RETURN(const pugi::xml_node value, ExtendedValue(element));
  if (change_ == nullptr && SetNativeTag(item_, key, value.text().get())) return absl::OkStatus();
  extended()[key] = {Fragment(value), version_};
  return absl::OkStatus();
}

void ItemEditor::WriteKnown(XmlWriter& out, pugi::xml_node mailbox) const {
  const std::string address = Trim(mailbox.child("t:EmailAddress").text().get());
  const Person* known = store_.FindPerson(address);
  const bool is_list = known == nullptr && address.ends_with(kDomain) && MembersOf(store_, address).has_value();
  std::string name = mailbox.child("t:Name").text().get();
  if (name.empty()) name = known ? known->display_name : address;
  out.Open("t:Mailbox").Leaf("t:Name", name);
  if (!address.empty()) out.Leaf("t:EmailAddress", known ? known->email : address).Leaf("t:RoutingType", "SMTP");
  out.Leaf("t:MailboxType", known ? "Mailbox" : is_list ? "PublicDL" : "OneOff").Close();
}

std::string ItemEditor::WithNames(pugi::xml_node attendees) const {
  // What attendees have answered is theirs: a new list does not forget it.
  pugi::xml_document before;
  const auto known = item_.properties.find(std::string(LocalName(attendees)));
  if (known != item_.properties.end()) before.load_string(known->second.xml.c_str());
  XmlWriter out;
  out.Open(attendees.name());
  for (const pugi::xml_node attendee : attendees.children("t:Attendee")) {
    XmlWriter mailbox;
    WriteKnown(mailbox, attendee.child("t:Mailbox"));
    const std::string mailbox_xml = mailbox.Take();
    std::string response = attendee.child("t:ResponseType").text().get();
    std::string answered_at;
    for (const pugi::xml_node old : before.document_element().children("t:Attendee")) {
      if (Fragment(old.child("t:Mailbox")) != mailbox_xml || !old.child("t:LastResponseTime")) continue;
      response = old.child("t:ResponseType").text().get();
      answered_at = old.child("t:LastResponseTime").text().get();
    }
    out.Open("t:Attendee").Raw(mailbox_xml).Leaf("t:ResponseType", response.empty() ? "Unknown" : response);
    if (!answered_at.empty()) out.Leaf("t:LastResponseTime", answered_at);
    out.Close();
  }
  out.Close();
  return out.Take();
}

absl::Status ItemEditor::Append(pugi::xml_node element) {
  constexpr std::array<std::string_view, 9> kLists = {"ToRecipients", "CcRecipients",      "BccRecipients",
                                                      "ReplyTo",      "RequiredAttendees", "OptionalAttendees",
                                                      "Resources",    "Categories",        "Body"};
  const std::string name(LocalName(element));
  if (!OneOf(name, kLists)) {
    return EwsError("ErrorInvalidPropertyAppend", "Append action is invalid for property.");
  }
  const auto before = properties().find(name);
  if (before == properties().end()) return Set(element);
  pugi::xml_document document;
  document.load_string(before->second.xml.c_str(), pugi::parse_default | pugi::parse_ws_pcdata_single);
  pugi::xml_node whole = document.document_element();
  if (name == "Body") {
    whole.text().set((std::string(whole.text().get()) + element.text().get()).c_str());
  } else {
    for (const pugi::xml_node added : Elements(element)) whole.append_copy(added);
  }
  return Set(whole);
}

absl::Status ItemEditor::Delete(pugi::xml_node path) {
  if (LocalName(path) == "ExtendedFieldURI") {
    CROSSPOINT_ASSIGN_OR_RETURN(const std::string key, ExtendedKey(path));
    extended().erase(key);
    return absl::OkStatus();
  }
  if (LocalName(path) == "IndexedFieldURI") {
    CROSSPOINT_ASSIGN_OR_RETURN(const std::string entry, EntryOf(path));
    properties().erase(entry);
    return absl::OkStatus();
  }
  const Field* field = FieldByUri(item_.kind, path.attribute("FieldURI").value());
  const bool required = field != nullptr && (field->element == "Start" || field->element == "End");
  if (field == nullptr || !field->settable || required || IsDictionary(field->element)) {
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
  const auto version = [](const Properties& values, const std::string& key) {
    const auto found = values.find(key);
    return found == values.end() ? 0 : found->second.version;
  };
  if (LocalName(path) == "ExtendedFieldURI") {
    const auto key = ExtendedKey(path);
    return key.ok() ? version(change_ ? change_->extended : item_.extended, *key) : 0;
  }
  if (LocalName(path) == "IndexedFieldURI") {
    const auto entry = EntryOf(path);
    return entry.ok() ? version(item_.properties, *entry) : 0;
  }
  const Field* field = FieldByUri(item_.kind, path.attribute("FieldURI").value());
  if (field == nullptr) return 0;
  if (field->element == "Start" || field->element == "End") return change_ ? 0 : item_.times_version;
  return version(change_ ? change_->properties : item_.properties, std::string(field->element));
}

absl::Status ItemEditor::Check() {
  if (item_.kind != ItemKind::kCalendarItem) return absl::OkStatus();
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

absl::Status SetAll(ItemEditor& editor, pugi::xml_node item) {
  const auto is_zone = [](pugi::xml_node element) {
    return LocalName(element).find("TimeZone") != std::string_view::npos;
  };
  for (const bool zones : {true, false}) {
    for (const pugi::xml_node element : Elements(item)) {
      if (is_zone(element) == zones) CROSSPOINT_RETURN_IF_ERROR(editor.Set(element));
    }
  }
  return absl::OkStatus();
}

}  // namespace crosspoint::exchange_sim
