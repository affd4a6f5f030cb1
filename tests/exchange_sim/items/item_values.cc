#include "exchange_sim/items/item_values.h"

#include <algorithm>
#include <array>

#include "exchange_sim/items/attachments.h"
#include "exchange_sim/items/value_writers.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

// Names in recipients or attendees, as "Anna; Ben".
std::string NamesIn(const std::string& xml) {
  pugi::xml_document document;
  document.load_string(xml.c_str());
  std::string names;
  for (const pugi::xml_node entry : Elements(document.document_element())) {
    const pugi::xml_node mailbox = LocalName(entry) == "Mailbox" ? entry : entry.child("t:Mailbox");
    const pugi::xml_node name = mailbox.child("t:Name") ? mailbox.child("t:Name") : mailbox.child("t:EmailAddress");
    names += (names.empty() ? "" : "; ") + std::string(name.text().get());
  }
  return names;
}

void WriteNames(XmlWriter& out, std::string_view element, const ItemView& view, const std::string& of_mail,
                const std::string& of_calendar) {
  const bool calendar = view.item->kind == ItemKind::kCalendarItem;
  if (view.item->kind == ItemKind::kContact || (calendar && of_calendar.empty())) return;
  out.Leaf(element, NamesIn(view.PropertyXml(calendar ? of_calendar : of_mail)));
}

void WriteRights(XmlWriter& out, const ItemView&) {
  out.Open("t:EffectiveRights");
  out.Flag("t:CreateAssociated", false).Flag("t:CreateContents", false).Flag("t:CreateHierarchy", false);
  out.Flag("t:Delete", true).Flag("t:Modify", true).Flag("t:Read", true).Flag("t:ViewPrivateItems", true).Close();
}

void WriteSubject(XmlWriter& out, const ItemView& view) {
  const std::string& xml = view.PropertyXml("Subject");
  if (!view.item->cancelled || view.item->kind != ItemKind::kCalendarItem) {
    out.Raw(xml);
    return;
  }
  pugi::xml_document document;
  document.load_string(xml.c_str(), pugi::parse_default | pugi::parse_ws_pcdata_single);
  out.Leaf("t:Subject", std::string("Canceled: ") + document.document_element().text().get());
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

ValueWriter Time(std::string name, Seconds Item::*at) {
  return [name = "t:" + name, at](XmlWriter& out, const ItemView& view) {
    out.Leaf(name, FormatDateTime(view.item->*at));
  };
}

void AddReminderWriters(ValueWriters& w) {
  w["ReminderIsSet"] = [](XmlWriter& out, const ItemView& v) {
    const std::string& xml = v.PropertyXml("ReminderIsSet");
    xml.empty() ? out.Flag("t:ReminderIsSet", v.item->kind == ItemKind::kCalendarItem) : out.Raw(xml);
  };
  w["ReminderMinutesBeforeStart"] = [](XmlWriter& out, const ItemView& v) {
    const std::string& xml = v.PropertyXml("ReminderMinutesBeforeStart");
    const bool calendar = v.item->kind == ItemKind::kCalendarItem;
    xml.empty() ? out.Leaf("t:ReminderMinutesBeforeStart", calendar ? "15" : "0") : out.Raw(xml);
  };
  w["ReminderDueBy"] = [](XmlWriter& out, const ItemView& v) {
    if (v.item->kind == ItemKind::kCalendarItem) out.Leaf("t:ReminderDueBy", FormatDateTime(v.start));
  };
}

void AddItemWriters(ValueWriters& w) {
  w["ItemId"] = [](XmlWriter& out, const ItemView& v) { WriteItemId(out, "t:ItemId", v); };
  w["ParentFolderId"] = [](XmlWriter& out, const ItemView& v) {
    const auto folder = v.mailbox->folders.find(v.item->folder);
    if (folder != v.mailbox->folders.end()) WriteFolderId(out, "t:ParentFolderId", *v.mailbox, folder->second);
  };
  w["ItemClass"] = [](XmlWriter& out, const ItemView& v) { out.Leaf("t:ItemClass", ItemClassOf(v)); };
  w["Subject"] = WriteSubject;
  w["Sensitivity"] = DefaultValue("Sensitivity", "Normal");
  w["DateTimeReceived"] = [](XmlWriter& out, const ItemView& v) {
    const Seconds at = v.item->mail.received_at;
    out.Leaf("t:DateTimeReceived", FormatDateTime(at != 0 ? at : v.item->created_at));
  };
  w["Size"] = [](XmlWriter& out, const ItemView& v) {
    size_t size = 400;
    for (const auto& [name, property] : v.item->properties) size += property.xml.size();
    for (const Attachment& attachment : v.item->attachments) size += SizeOf(attachment);
    out.Number("t:Size", static_cast<int64_t>(size));
  };
  w["Importance"] = DefaultValue("Importance", "Normal");
  w["IsSubmitted"] = ConstantValue("IsSubmitted", "false");
  w["IsDraft"] = [](XmlWriter& out, const ItemView& v) { out.Flag("t:IsDraft", v.item->mail.is_draft); };
  w["IsFromMe"] = [](XmlWriter& out, const ItemView& v) { out.Flag("t:IsFromMe", v.item->mail.is_from_me); };
  w["IsResend"] = ConstantValue("IsResend", "false");
  w["IsUnmodified"] = [](XmlWriter& out, const ItemView& v) { out.Flag("t:IsUnmodified", v.item->version == 1); };
  w["DateTimeSent"] = [](XmlWriter& out, const ItemView& v) {
    const Seconds at = v.item->mail.sent_at;
    out.Leaf("t:DateTimeSent", FormatDateTime(at != 0 ? at : v.item->created_at));
  };
  w["DateTimeCreated"] = Time("DateTimeCreated", &Item::created_at);
  w["DisplayTo"] = [](XmlWriter& out, const ItemView& v) {
    WriteNames(out, "t:DisplayTo", v, "ToRecipients", "RequiredAttendees");
  };
  w["DisplayCc"] = [](XmlWriter& out, const ItemView& v) {
    WriteNames(out, "t:DisplayCc", v, "CcRecipients", "OptionalAttendees");
  };
  w["DisplayBcc"] = [](XmlWriter& out, const ItemView& v) { WriteNames(out, "t:DisplayBcc", v, "BccRecipients", ""); };
  w["HasAttachments"] = [](XmlWriter& out, const ItemView& v) {
    const auto& all = v.item->attachments;
    out.Flag("t:HasAttachments", std::any_of(all.begin(), all.end(), [](const Attachment& a) { return !a.is_inline; }));
  };
  w["Attachments"] = [](XmlWriter& out, const ItemView& v) { WriteAttachments(out, v); };
  w["Culture"] = DefaultValue("Culture", "en-US");
  w["EffectiveRights"] = WriteRights;
  w["LastModifiedName"] = [](XmlWriter& out, const ItemView& v) {
    out.Leaf("t:LastModifiedName", v.mailbox->person.display_name);
  };
  w["LastModifiedTime"] = Time("LastModifiedTime", &Item::modified_at);
  w["IsAssociated"] = ConstantValue("IsAssociated", "false");
}

// What may be seen of somebody's private item.
bool IsHarmless(std::string_view element) {
  constexpr std::string_view kShown[] = {"ItemId",
                                         "ParentFolderId",
                                         "ItemClass",
                                         "Sensitivity",
                                         "DateTimeReceived",
                                         "DateTimeCreated",
                                         "IsDraft",
                                         "Start",
                                         "End",
                                         "IsAllDayEvent",
                                         "LegacyFreeBusyStatus",
                                         "IsRecurring",
                                         "IsCancelled",
                                         "IsMeeting",
                                         "CalendarItemType",
                                         "OriginalStart",
                                         "Duration",
                                         "TimeZone",
                                         "StartTimeZone",
                                         "EndTimeZone",
                                         "StartTimeZoneId",
                                         "EndTimeZoneId"};
  return std::find(std::begin(kShown), std::end(kShown), element) != std::end(kShown);
}

}  // namespace

ValueWriter ConstantValue(std::string_view element, std::string_view value) {
  return [name = fmt::format("t:{}", element), value = std::string(value)](XmlWriter& out, const ItemView&) {
    out.Leaf(name, value);
  };
}

ValueWriter DefaultValue(std::string_view element, std::string_view value) {
  return [name = std::string(element), value = std::string(value)](XmlWriter& out, const ItemView& view) {
    const std::string& xml = view.PropertyXml(name);
    xml.empty() ? out.Leaf("t:" + name, value) : out.Raw(xml);
  };
}

void WriteValue(XmlWriter& out, const ItemView& view, std::string_view element, bool text_body) {
  static const ValueWriters writers = [] {
    ValueWriters w;
    AddItemWriters(w);
    AddReminderWriters(w);
    AddCalendarWriters(w);
    AddMailWriters(w);
    AddContactWriters(w);
    return w;
  }();
  if (view.concealed && !IsHarmless(element)) return;
  if (element == "Body" || element == "TextBody" || element == "UniqueBody") {
    WriteBody(out, view, element, text_body || element == "TextBody");
  } else if (const auto found = writers.find(element); found != writers.end()) {
    found->second(out, view);
  } else {
    out.Raw(view.PropertyXml(std::string(element)));
  }
}

std::string ItemClassOf(const ItemView& view) {
  // In the order of ItemKind.
  constexpr std::array<std::string_view, 6> kClasses = {"IPM.Appointment",
                                                        "IPM.Note",
                                                        "IPM.Schedule.Meeting.Request",
                                                        "IPM.Schedule.Meeting.Resp.Pos",
                                                        "IPM.Schedule.Meeting.Canceled",
                                                        "IPM.Contact"};
  const std::string set = view.PropertyText("ItemClass");
  return set.empty() ? std::string(kClasses[static_cast<size_t>(view.item->kind)]) : set;
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

void WriteItemId(XmlWriter& out, std::string_view element, const ItemView& view) {
  out.Open(element).Attribute("Id", view.Id()).Attribute("ChangeKey", view.ChangeKey()).Close();
}

void WriteFolderId(XmlWriter& out, std::string_view element, const Mailbox& mailbox, const Folder& folder) {
  out.Open(element).Attribute("Id", FormatId({mailbox.number, EntityId::Kind::kFolder, folder.number, 0, 0}));
  out.Attribute("ChangeKey", FormatChangeKey(mailbox.number, 1)).Close();
}

void WriteMailbox(XmlWriter& out, std::string_view name, std::string_view email) {
  out.Open("t:Mailbox").Leaf("t:Name", name).Leaf("t:EmailAddress", email).Leaf("t:RoutingType", "SMTP");
  out.Leaf("t:MailboxType", "Mailbox").Close();
}

}  // namespace crosspoint::exchange_sim
