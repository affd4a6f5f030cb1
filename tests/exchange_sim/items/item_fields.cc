#include "exchange_sim/items/item_fields.h"

#include <algorithm>
#include <array>
#include <map>

#include "common/status/status.h"
#include "exchange_sim/error.h"
#include "exchange_sim/items/item_values.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

// in_default, in_all, settable, in_lists
constexpr Field kFields[] = {
    {"MimeContent", "item:MimeContent", false, false, false, false},
    {"ItemId", "item:ItemId", true, true, false, true},
    {"ParentFolderId", "item:ParentFolderId", false, true, false, true},
    {"ItemClass", "item:ItemClass", false, true, true, true},
    {"Subject", "item:Subject", true, true, true, true},
    {"Sensitivity", "item:Sensitivity", false, true, true, true},
    {"Body", "item:Body", true, true, true, false},
    {"Attachments", "item:Attachments", false, false, true, false},
    {"DateTimeReceived", "item:DateTimeReceived", false, true, false, true},
    {"Size", "item:Size", false, true, false, true},
    {"Categories", "item:Categories", false, true, true, true},
    {"Importance", "item:Importance", false, true, true, true},
    {"IsSubmitted", "item:IsSubmitted", false, true, false, true},
    {"IsDraft", "item:IsDraft", false, true, false, true},
    {"IsFromMe", "item:IsFromMe", false, true, false, true},
    {"IsResend", "item:IsResend", false, true, false, true},
    {"IsUnmodified", "item:IsUnmodified", false, true, false, true},
    {"DateTimeSent", "item:DateTimeSent", false, true, false, true},
    {"DateTimeCreated", "item:DateTimeCreated", false, true, false, true},
    {"ReminderDueBy", "item:ReminderDueBy", false, true, true, true},
    {"ReminderIsSet", "item:ReminderIsSet", false, true, true, true},
    {"ReminderMinutesBeforeStart", "item:ReminderMinutesBeforeStart", false, true, true, true},
    {"DisplayCc", "item:DisplayCc", false, true, false, true},
    {"DisplayTo", "item:DisplayTo", false, true, false, true},
    {"HasAttachments", "item:HasAttachments", true, true, false, true},
    {"ExtendedProperty", "", false, false, true, true},
    {"Culture", "item:Culture", false, true, true, true},
    {"EffectiveRights", "item:EffectiveRights", false, true, false, true},
    {"LastModifiedName", "item:LastModifiedName", false, true, false, true},
    {"LastModifiedTime", "item:LastModifiedTime", false, true, false, true},
    {"IsAssociated", "item:IsAssociated", false, true, false, true},
    {"TextBody", "item:TextBody", false, false, false, false},
    {"UID", "calendar:UID", false, true, true, true},
    {"RecurrenceId", "calendar:RecurrenceId", false, true, false, true},
    {"DateTimeStamp", "calendar:DateTimeStamp", false, true, false, true},
    {"Start", "calendar:Start", true, true, true, true},
    {"End", "calendar:End", true, true, true, true},
    {"OriginalStart", "calendar:OriginalStart", false, true, false, true},
    {"IsAllDayEvent", "calendar:IsAllDayEvent", false, true, true, true},
    {"LegacyFreeBusyStatus", "calendar:LegacyFreeBusyStatus", true, true, true, true},
    {"Location", "calendar:Location", true, true, true, true},
    {"When", "calendar:When", false, true, true, true},
    {"IsMeeting", "calendar:IsMeeting", false, true, false, true},
    {"IsCancelled", "calendar:IsCancelled", false, true, false, true},
    {"IsRecurring", "calendar:IsRecurring", false, true, false, true},
    {"MeetingRequestWasSent", "calendar:MeetingRequestWasSent", false, true, false, true},
    {"IsResponseRequested", "calendar:IsResponseRequested", false, true, true, true},
    {"CalendarItemType", "calendar:CalendarItemType", true, true, false, true},
    {"MyResponseType", "calendar:MyResponseType", false, true, false, true},
    {"Organizer", "calendar:Organizer", true, true, false, true},
    {"RequiredAttendees", "calendar:RequiredAttendees", true, true, true, false},
    {"OptionalAttendees", "calendar:OptionalAttendees", true, true, true, false},
    {"Resources", "calendar:Resources", true, true, true, false},
    {"Duration", "calendar:Duration", false, true, false, true},
    {"TimeZone", "calendar:TimeZone", false, true, false, true},
    {"AppointmentReplyTime", "calendar:AppointmentReplyTime", false, true, false, true},
    {"AppointmentSequenceNumber", "calendar:AppointmentSequenceNumber", false, true, false, true},
    {"AppointmentState", "calendar:AppointmentState", false, true, false, true},
    {"Recurrence", "calendar:Recurrence", false, true, true, false},
    {"FirstOccurrence", "calendar:FirstOccurrence", false, true, false, false},
    {"LastOccurrence", "calendar:LastOccurrence", false, true, false, false},
    {"ModifiedOccurrences", "calendar:ModifiedOccurrences", false, true, false, false},
    {"DeletedOccurrences", "calendar:DeletedOccurrences", false, true, false, false},
    {"MeetingTimeZone", "calendar:MeetingTimeZone", false, false, true, false},
    {"StartTimeZone", "calendar:StartTimeZone", false, true, true, true},
    {"EndTimeZone", "calendar:EndTimeZone", false, true, true, true},
    {"ConferenceType", "calendar:ConferenceType", false, false, true, true},
    {"AllowNewTimeProposal", "calendar:AllowNewTimeProposal", false, true, true, true},
    {"IsOnlineMeeting", "calendar:IsOnlineMeeting", false, true, true, true},
    {"MeetingWorkspaceUrl", "calendar:MeetingWorkspaceUrl", false, true, true, true},
    {"NetShowUrl", "calendar:NetShowUrl", false, true, true, true},
    {"EnhancedLocation", "calendar:EnhancedLocation", false, false, true, true},
    {"StartTimeZoneId", "calendar:StartTimeZoneId", false, false, true, true},
    {"EndTimeZoneId", "calendar:EndTimeZoneId", false, false, true, true},
    {"IntendedFreeBusyStatus", "calendar:IntendedFreeBusyStatus", false, false, false, true},
    {"IsOrganizer", "calendar:IsOrganizer", false, false, false, true},
};

// Computed by the server, so that its store cannot search or sort by them.
constexpr std::string_view kUnsearchable[] = {"MimeContent",
                                              "ReminderDueBy",
                                              "Culture",
                                              "EffectiveRights",
                                              "UID",
                                              "RecurrenceId",
                                              "OriginalStart",
                                              "IsResponseRequested",
                                              "RequiredAttendees",
                                              "OptionalAttendees",
                                              "Resources",
                                              "Recurrence",
                                              "FirstOccurrence",
                                              "LastOccurrence",
                                              "ModifiedOccurrences",
                                              "DeletedOccurrences",
                                              "MeetingTimeZone",
                                              "StartTimeZone",
                                              "EndTimeZone",
                                              "AllowNewTimeProposal"};

const std::map<std::string_view, std::string_view>& DistinguishedSets() {
  static const std::map<std::string_view, std::string_view> sets = {
      {"Meeting", "6ed8da90-450b-101b-98da-00aa003f1305"},
      {"Appointment", "00062002-0000-0000-c000-000000000046"},
      {"Common", "00062008-0000-0000-c000-000000000046"},
      {"PublicStrings", "00020329-0000-0000-c000-000000000046"},
      {"Address", "00062004-0000-0000-c000-000000000046"},
      {"InternetHeaders", "00020386-0000-0000-c000-000000000046"},
      {"CalendarAssistant", "11000e07-b51b-40d6-af21-caa85edab1d0"},
      {"UnifiedMessaging", "4442858e-a9e3-4e80-b900-317a210cc15b"},
      {"Task", "00062003-0000-0000-c000-000000000046"},
      {"Sharing", "00062040-0000-0000-c000-000000000046"},
  };
  return sets;
}

bool Wanted(const Field& field, const ItemShape& shape, bool from_list) {
  if (!field.in_lists && from_list) return false;
  if (field.element == "ItemId") return true;
  if (shape.base == ItemShape::Base::kDefault && field.in_default) return true;
  if (shape.base == ItemShape::Base::kAllProperties && field.in_all) return true;
  return std::find(shape.fields.begin(), shape.fields.end(), &field) != shape.fields.end();
}

absl::Status ParseAdditional(pugi::xml_node path, ItemShape& out) {
  if (LocalName(path) == "ExtendedFieldURI") {
    CROSSPOINT_ASSIGN_OR_RETURN(std::string key, ExtendedKey(path));
    out.extended.push_back({std::move(key), Fragment(path)});
    return absl::OkStatus();
  }
  if (LocalName(path) == "IndexedFieldURI") return absl::OkStatus();  // dictionaries of contacts; none here
  if (LocalName(path) != "FieldURI") return SchemaError("unknown path in AdditionalProperties");
  const std::string_view uri = path.attribute("FieldURI").value();
  if (const Field* field = FieldByUri(uri)) out.fields.push_back(field);
  const bool known = uri.starts_with("item:") || uri.starts_with("calendar:") || uri.starts_with("message:") ||
                     uri.starts_with("contacts:") || uri.starts_with("meeting") || uri.starts_with("task:") ||
                     uri.starts_with("conversation:") || uri.starts_with("postitem:") ||
                     uri.starts_with("distributionlist:");
  return known ? absl::OkStatus()
               : EwsError("ErrorInvalidPropertyRequest", "Property is not valid for this object type.");
}

// The text of the first leaf with text in a fragment.
std::string TextOf(const std::string& xml) {
  pugi::xml_document document;
  document.load_string(xml.c_str(), pugi::parse_default | pugi::parse_ws_pcdata_single);
  return document.document_element().text().get();
}

}  // namespace

const Field* FieldByElement(std::string_view element) {
  const auto found =
      std::find_if(std::begin(kFields), std::end(kFields), [&](const Field& f) { return f.element == element; });
  return found == std::end(kFields) ? nullptr : found;
}

const Field* FieldByUri(std::string_view uri) {
  if (uri.empty()) return nullptr;
  const auto found = std::find_if(std::begin(kFields), std::end(kFields), [&](const Field& f) { return f.uri == uri; });
  return found == std::end(kFields) ? nullptr : found;
}

absl::StatusOr<ItemShape> ParseItemShape(pugi::xml_node shape) {
  ItemShape out;
  const std::string_view base = shape.child("t:BaseShape").text().get();
  if (base == "Default") {
    out.base = ItemShape::Base::kDefault;
  } else if (base == "AllProperties") {
    out.base = ItemShape::Base::kAllProperties;
  } else if (base != "IdOnly") {
    return SchemaError("an ItemShape needs a BaseShape of IdOnly, Default or AllProperties");
  }
  out.text_body = std::string_view(shape.child("t:BodyType").text().get()) == "Text";
  for (const pugi::xml_node path : Elements(shape.child("t:AdditionalProperties"))) {
    CROSSPOINT_RETURN_IF_ERROR(ParseAdditional(path, out));
  }
  return out;
}

absl::StatusOr<std::string> ExtendedKey(pugi::xml_node uri) {
  const std::string set = Lower(uri.attribute("PropertySetId").value());
  const std::string_view distinguished = uri.attribute("DistinguishedPropertySetId").value();
  const std::string_view name = uri.attribute("PropertyName").value();
  const std::string_view id = uri.attribute("PropertyId").value();
  const std::string tag = Lower(uri.attribute("PropertyTag").value());
  const std::string_view type = uri.attribute("PropertyType").value();
  const bool one_set = set.empty() != distinguished.empty();
  const bool one_name = name.empty() != id.empty();
  const bool by_tag = !tag.empty() && set.empty() && distinguished.empty() && name.empty() && id.empty();
  if (type.empty()) return SchemaError("an ExtendedFieldURI needs a PropertyType");
  if (!by_tag && !(one_set && one_name && tag.empty())) {
    return EwsError("ErrorInvalidExtendedProperty", "The extended property attribute combination is invalid.");
  }
  if (by_tag) return fmt::format("tag|{:x}|{}", std::strtoul(tag.c_str(), nullptr, 0), type);
  std::string_view guid = set;
  if (!distinguished.empty()) {
    const auto found = DistinguishedSets().find(distinguished);
    if (found == DistinguishedSets().end()) return SchemaError("unknown DistinguishedPropertySetId");
    guid = found->second;
  }
  return fmt::format("{}|{}{}|{}", guid, id.empty() ? "name:" : "id:", id.empty() ? name : id, type);
}

void WriteItem(XmlWriter& out, const ItemView& view, const ItemShape& shape, bool from_list) {
  out.Open("t:CalendarItem");
  for (const Field& field : kFields) {
    if (field.element == "ExtendedProperty") {
      for (const ItemShape::Extended& wanted : shape.extended) {
        const std::string& value = view.ExtendedXml(wanted.key);
        if (!value.empty()) out.Open("t:ExtendedProperty").Raw(wanted.path_xml).Raw(value).Close();
      }
    } else if (Wanted(field, shape, from_list)) {
      WriteValue(out, view, field.element, shape.text_body);
    }
  }
  out.Close();
}

absl::StatusOr<std::string> FieldText(const ItemView& view, pugi::xml_node path) {
  if (LocalName(path) == "ExtendedFieldURI") {
    CROSSPOINT_ASSIGN_OR_RETURN(const std::string key, ExtendedKey(path));
    return TextOf(view.ExtendedXml(key));
  }
  const Field* field = FieldByUri(path.attribute("FieldURI").value());
  const auto is_field = [field](std::string_view name) { return field != nullptr && field->element == name; };
  if (field == nullptr || std::any_of(std::begin(kUnsearchable), std::end(kUnsearchable), is_field)) {
    return EwsError("ErrorUnsupportedPathForQuery", "The property can not be used with this type of restriction.");
  }
  XmlWriter out;
  WriteValue(out, view, field->element, true);
  const std::string text = TextOf(out.Take());
  if (const auto time = ParseDateTime(text); time && text.size() >= 19) return fmt::format("{:020}", time->at);
  return text;
}

}  // namespace crosspoint::exchange_sim
