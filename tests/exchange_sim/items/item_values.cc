#include "exchange_sim/items/item_values.h"

#include <functional>
#include <map>
#include <string>

#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr std::string_view kTypeNames[] = {"Single", "Occurrence", "Exception", "RecurringMaster"};
constexpr Seconds kFarFuture = 4'102'444'800;  // 2100

using Writer = std::function<void(XmlWriter&, const ItemView&)>;

bool IsMeeting(const ItemView& view) {
  return !view.PropertyXml("RequiredAttendees").empty() || !view.PropertyXml("OptionalAttendees").empty() ||
         !view.PropertyXml("Resources").empty() || !view.item->is_organizer;
}

std::string DurationText(Seconds length) {
  std::string out = "P";
  if (length >= 86400) out += fmt::format("{}D", length / 86400);
  const Seconds rest = length % 86400;
  if (rest == 0) return length >= 86400 ? out : "PT0S";
  out += "T";
  if (rest >= 3600) out += fmt::format("{}H", rest / 3600);
  if (rest % 3600 / 60 != 0) out += fmt::format("{}M", rest % 3600 / 60);
  if (rest % 60 != 0) out += fmt::format("{}S", rest % 60);
  return out;
}

std::string AttendeeNames(const ItemView& view, const std::string& element) {
  pugi::xml_document document;
  document.load_string(view.PropertyXml(element).c_str());
  std::string names;
  for (const pugi::xml_node attendee : document.document_element().children("t:Attendee")) {
    const pugi::xml_node mailbox = attendee.child("t:Mailbox");
    const pugi::xml_node name = mailbox.child("t:Name") ? mailbox.child("t:Name") : mailbox.child("t:EmailAddress");
    names += (names.empty() ? "" : "; ") + std::string(name.text().get());
  }
  return names;
}

void WriteOccurrenceInfo(XmlWriter& out, std::string_view element, const ItemView& view) {
  out.Open(element);
  WriteItemId(out, "t:ItemId", view);
  out.Leaf("t:Start", FormatDateTime(view.start)).Leaf("t:End", FormatDateTime(view.end));
  out.Leaf("t:OriginalStart", FormatDateTime(view.original_start)).Close();
}

// The first or last occurrence that was not deleted. A series without end has no last one.
void WriteEndOfSeries(XmlWriter& out, const ItemView& view, bool first) {
  if (view.type != ItemView::Type::kRecurringMaster) return;
  const Recurrence& recurrence = *view.item->recurrence;
  if (!first && !recurrence.end_date && !recurrence.count) return;
  auto starts = OriginalStarts(*view.item, kFarFuture, first ? 50 : 20'000);
  if (!first) std::reverse(starts.begin(), starts.end());
  for (const Seconds start : starts) {
    if (const auto occurrence = OccurrenceView(*view.mailbox, *view.item, start)) {
      WriteOccurrenceInfo(out, first ? "t:FirstOccurrence" : "t:LastOccurrence", *occurrence);
      return;
    }
  }
}

void WriteModified(XmlWriter& out, const ItemView& view) {
  if (view.type != ItemView::Type::kRecurringMaster) return;
  bool any = false;
  for (const auto& [original, change] : view.item->exceptions) {
    if (change.deleted) continue;
    if (!any) out.Open("t:ModifiedOccurrences");
    any = true;
    if (const auto occurrence = OccurrenceView(*view.mailbox, *view.item, original)) {
      WriteOccurrenceInfo(out, "t:Occurrence", *occurrence);
    }
  }
  if (any) out.Close();
}

void WriteDeleted(XmlWriter& out, const ItemView& view) {
  if (view.type != ItemView::Type::kRecurringMaster) return;
  bool any = false;
  for (const auto& [original, change] : view.item->exceptions) {
    if (!change.deleted) continue;
    if (!any) out.Open("t:DeletedOccurrences");
    any = true;
    out.Open("t:DeletedOccurrence").Leaf("t:Start", FormatDateTime(original)).Close();
  }
  if (any) out.Close();
}

void WriteZone(XmlWriter& out, std::string_view element, const ItemView& view) {
  const std::string& name = view.item->zone->name();
  out.Open(element).Attribute("Id", name).Attribute("Name", name).Close();
}

void WriteRights(XmlWriter& out, const ItemView&) {
  out.Open("t:EffectiveRights");
  out.Flag("t:CreateAssociated", false).Flag("t:CreateContents", false).Flag("t:CreateHierarchy", false);
  out.Flag("t:Delete", true).Flag("t:Modify", true).Flag("t:Read", true).Flag("t:ViewPrivateItems", true).Close();
}

void WriteSubject(XmlWriter& out, const ItemView& view) {
  const std::string& xml = view.PropertyXml("Subject");
  if (!view.item->cancelled) {
    out.Raw(xml);
    return;
  }
  pugi::xml_document document;
  document.load_string(xml.c_str(), pugi::parse_default | pugi::parse_ws_pcdata_single);
  out.Leaf("t:Subject", std::string("Canceled: ") + document.document_element().text().get());
}

// Text between tags, with the few entities that HTML bodies of calendars hold.
std::string Flatten(std::string_view html) {
  std::string out;
  bool in_tag = false;
  for (const char c : html) {
    if (c == '<') in_tag = true;
    if (!in_tag) out += c;
    if (c == '>') in_tag = false;
  }
  const std::pair<std::string_view, std::string_view> entities[] = {
      {"&nbsp;", " "}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&amp;", "&"}};
  for (const auto& [entity, character] : entities) {
    for (size_t at = out.find(entity); at != std::string::npos; at = out.find(entity, at + 1)) {
      out.replace(at, entity.size(), character);
    }
  }
  return out;
}

void WriteBody(XmlWriter& out, const ItemView& view, std::string_view element, bool text_body) {
  const std::string& xml = view.PropertyXml("Body");
  if (xml.empty()) return;
  pugi::xml_document document;
  document.load_string(xml.c_str(), pugi::parse_default | pugi::parse_ws_pcdata_single);
  const pugi::xml_node body = document.document_element();
  const bool html = std::string_view(body.attribute("BodyType").value()) == "HTML";
  const std::string text = html && text_body ? Flatten(body.text().get()) : body.text().get();
  out.Open(fmt::format("t:{}", element)).Attribute("BodyType", html && !text_body ? "HTML" : "Text").Text(text).Close();
}

Writer Constant(std::string name, std::string value) {
  return [name = "t:" + name, value = std::move(value)](XmlWriter& out, const ItemView&) { out.Leaf(name, value); };
}

// What the client set, or what Exchange says when it set nothing.
Writer Default(std::string name, std::string value) {
  return [name, value = std::move(value)](XmlWriter& out, const ItemView& view) {
    const std::string& xml = view.PropertyXml(name);
    xml.empty() ? out.Leaf("t:" + name, value) : out.Raw(xml);
  };
}

Writer Time(std::string name, Seconds Item::*at) {
  return [name = "t:" + name, at](XmlWriter& out, const ItemView& view) {
    out.Leaf(name, FormatDateTime(view.item->*at));
  };
}

bool OneOfMany(const ItemView& v) {
  return v.type == ItemView::Type::kOccurrence || v.type == ItemView::Type::kException;
}

void AddItemWriters(std::map<std::string_view, Writer>& w) {
  w["ItemId"] = [](XmlWriter& out, const ItemView& v) { WriteItemId(out, "t:ItemId", v); };
  w["ParentFolderId"] = [](XmlWriter& out, const ItemView& v) {
    const auto folder = v.mailbox->folders.find(v.item->folder);
    if (folder != v.mailbox->folders.end()) WriteFolderId(out, "t:ParentFolderId", *v.mailbox, folder->second);
  };
  w["ItemClass"] = Default("ItemClass", "IPM.Appointment");
  w["Subject"] = WriteSubject;
  w["Sensitivity"] = Default("Sensitivity", "Normal");
  w["DateTimeReceived"] = Time("DateTimeReceived", &Item::created_at);
  w["Size"] = [](XmlWriter& out, const ItemView& v) {
    size_t size = 400;
    for (const auto& [name, property] : v.item->properties) size += property.xml.size();
    out.Number("t:Size", static_cast<int64_t>(size));
  };
  w["Importance"] = Default("Importance", "Normal");
  w["IsSubmitted"] = Constant("IsSubmitted", "false");
  w["IsDraft"] = Constant("IsDraft", "false");
  w["IsFromMe"] = Constant("IsFromMe", "false");
  w["IsResend"] = Constant("IsResend", "false");
  w["IsUnmodified"] = [](XmlWriter& out, const ItemView& v) { out.Flag("t:IsUnmodified", v.item->version == 1); };
  w["DateTimeSent"] = Time("DateTimeSent", &Item::created_at);
  w["DateTimeCreated"] = Time("DateTimeCreated", &Item::created_at);
  w["ReminderIsSet"] = Default("ReminderIsSet", "true");
  w["ReminderMinutesBeforeStart"] = Default("ReminderMinutesBeforeStart", "15");
  w["ReminderDueBy"] = [](XmlWriter& out, const ItemView& v) { out.Leaf("t:ReminderDueBy", FormatDateTime(v.start)); };
  w["DisplayTo"] = [](XmlWriter& out, const ItemView& v) {
    out.Leaf("t:DisplayTo", AttendeeNames(v, "RequiredAttendees"));
  };
  w["DisplayCc"] = [](XmlWriter& out, const ItemView& v) {
    out.Leaf("t:DisplayCc", AttendeeNames(v, "OptionalAttendees"));
  };
  w["HasAttachments"] = Constant("HasAttachments", "false");
  w["Culture"] = Default("Culture", "en-US");
  w["EffectiveRights"] = WriteRights;
  w["LastModifiedName"] = [](XmlWriter& out, const ItemView& v) {
    out.Leaf("t:LastModifiedName", v.mailbox->person.display_name);
  };
  w["LastModifiedTime"] = Time("LastModifiedTime", &Item::modified_at);
  w["IsAssociated"] = Constant("IsAssociated", "false");
}

void AddMeetingWriters(std::map<std::string_view, Writer>& w) {
  w["UID"] = [](XmlWriter& out, const ItemView& v) { out.Leaf("t:UID", v.item->uid); };
  w["RecurrenceId"] = [](XmlWriter& out, const ItemView& v) {
    if (OneOfMany(v)) out.Leaf("t:RecurrenceId", FormatDateTime(v.original_start));
  };
  w["DateTimeStamp"] = Time("DateTimeStamp", &Item::modified_at);
  w["Start"] = [](XmlWriter& out, const ItemView& v) { out.Leaf("t:Start", FormatDateTime(v.start)); };
  w["End"] = [](XmlWriter& out, const ItemView& v) { out.Leaf("t:End", FormatDateTime(v.end)); };
  w["OriginalStart"] = [](XmlWriter& out, const ItemView& v) {
    if (OneOfMany(v)) out.Leaf("t:OriginalStart", FormatDateTime(v.original_start));
  };
  w["IsAllDayEvent"] = [](XmlWriter& out, const ItemView& v) { out.Flag("t:IsAllDayEvent", v.item->all_day); };
  w["LegacyFreeBusyStatus"] = [](XmlWriter& out, const ItemView& v) {
    const std::string& xml = v.PropertyXml("LegacyFreeBusyStatus");
    if (v.item->cancelled) {
      out.Leaf("t:LegacyFreeBusyStatus", "Free");
    } else {
      xml.empty() ? out.Leaf("t:LegacyFreeBusyStatus", v.item->all_day ? "Free" : "Busy") : out.Raw(xml);
    }
  };
  w["IsMeeting"] = [](XmlWriter& out, const ItemView& v) { out.Flag("t:IsMeeting", IsMeeting(v)); };
  w["IsCancelled"] = [](XmlWriter& out, const ItemView& v) { out.Flag("t:IsCancelled", v.item->cancelled); };
  w["IsRecurring"] = [](XmlWriter& out, const ItemView& v) { out.Flag("t:IsRecurring", OneOfMany(v)); };
  w["MeetingRequestWasSent"] = [](XmlWriter& out, const ItemView& v) {
    out.Flag("t:MeetingRequestWasSent", v.item->invitations_sent);
  };
  w["IsResponseRequested"] = Default("IsResponseRequested", "true");
  w["CalendarItemType"] = [](XmlWriter& out, const ItemView& v) {
    out.Leaf("t:CalendarItemType", kTypeNames[static_cast<size_t>(v.type)]);
  };
  w["MyResponseType"] = [](XmlWriter& out, const ItemView& v) { out.Leaf("t:MyResponseType", v.item->my_response); };
  w["Organizer"] = [](XmlWriter& out, const ItemView& v) {
    out.Open("t:Organizer");
    WriteMailbox(out, v.item->organizer_name, v.item->organizer_email);
    out.Close();
  };
  w["IsOrganizer"] = [](XmlWriter& out, const ItemView& v) { out.Flag("t:IsOrganizer", v.item->is_organizer); };
  w["IntendedFreeBusyStatus"] = Default("IntendedFreeBusyStatus", "Busy");
}

void AddSeriesWriters(std::map<std::string_view, Writer>& w) {
  w["Duration"] = [](XmlWriter& out, const ItemView& v) { out.Leaf("t:Duration", DurationText(v.end - v.start)); };
  w["TimeZone"] = [](XmlWriter& out, const ItemView& v) { out.Leaf("t:TimeZone", v.item->zone->name()); };
  w["AppointmentReplyTime"] = [](XmlWriter& out, const ItemView& v) {
    if (IsMeeting(v)) out.Leaf("t:AppointmentReplyTime", FormatDateTime(v.item->created_at));
  };
  w["AppointmentSequenceNumber"] = [](XmlWriter& out, const ItemView& v) {
    out.Number("t:AppointmentSequenceNumber", v.item->sequence);
  };
  w["AppointmentState"] = [](XmlWriter& out, const ItemView& v) {
    // Bits of PidLidAppointmentStateFlags: meeting, received, cancelled.
    const int state = (IsMeeting(v) ? 1 : 0) | (v.item->is_organizer ? 0 : 2) | (v.item->cancelled ? 4 : 0);
    out.Number("t:AppointmentState", state);
  };
  w["Recurrence"] = [](XmlWriter& out, const ItemView& v) {
    if (v.type == ItemView::Type::kRecurringMaster) WriteRecurrence(out, *v.item->recurrence);
  };
  w["FirstOccurrence"] = [](XmlWriter& out, const ItemView& v) { WriteEndOfSeries(out, v, true); };
  w["LastOccurrence"] = [](XmlWriter& out, const ItemView& v) { WriteEndOfSeries(out, v, false); };
  w["ModifiedOccurrences"] = WriteModified;
  w["DeletedOccurrences"] = WriteDeleted;
  w["StartTimeZone"] = [](XmlWriter& out, const ItemView& v) { WriteZone(out, "t:StartTimeZone", v); };
  w["EndTimeZone"] = [](XmlWriter& out, const ItemView& v) { WriteZone(out, "t:EndTimeZone", v); };
  w["StartTimeZoneId"] = [](XmlWriter& out, const ItemView& v) { out.Leaf("t:StartTimeZoneId", v.item->zone->name()); };
  w["EndTimeZoneId"] = [](XmlWriter& out, const ItemView& v) { out.Leaf("t:EndTimeZoneId", v.item->zone->name()); };
  w["AllowNewTimeProposal"] = Default("AllowNewTimeProposal", "true");
  w["IsOnlineMeeting"] = Default("IsOnlineMeeting", "false");
}

}  // namespace

void WriteValue(XmlWriter& out, const ItemView& view, std::string_view element, bool text_body) {
  static const std::map<std::string_view, Writer> writers = [] {
    std::map<std::string_view, Writer> w;
    AddItemWriters(w);
    AddMeetingWriters(w);
    AddSeriesWriters(w);
    return w;
  }();
  if (element == "Body" || element == "TextBody") {
    WriteBody(out, view, element, text_body || element == "TextBody");
  } else if (const auto found = writers.find(element); found != writers.end()) {
    found->second(out, view);
  } else {
    out.Raw(view.PropertyXml(std::string(element)));
  }
}

void WriteItemId(XmlWriter& out, std::string_view element, const ItemView& view) {
  out.Open(element).Attribute("Id", view.Id()).Attribute("ChangeKey", view.ChangeKey()).Close();
}

void WriteFolderId(XmlWriter& out, std::string_view element, const Mailbox& mailbox, const Folder& folder) {
  out.Open(element).Attribute("Id", FormatId({mailbox.number, EntityId::Kind::kFolder, folder.number, 0}));
  out.Attribute("ChangeKey", FormatChangeKey(mailbox.number, 1)).Close();
}

void WriteMailbox(XmlWriter& out, std::string_view name, std::string_view email) {
  out.Open("t:Mailbox").Leaf("t:Name", name).Leaf("t:EmailAddress", email).Leaf("t:RoutingType", "SMTP");
  out.Leaf("t:MailboxType", "Mailbox").Close();
}

}  // namespace crosspoint::exchange_sim
