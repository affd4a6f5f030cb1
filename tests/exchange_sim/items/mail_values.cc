#include "exchange_sim/items/extended.h"
#include "exchange_sim/items/item_values.h"
#include "exchange_sim/items/mime.h"
#include "exchange_sim/items/value_writers.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr size_t kPreview = 255;

ValueWriter Optional(std::string_view element, std::optional<Seconds> MeetingState::*at) {
  return [name = fmt::format("t:{}", element), at](XmlWriter& out, const ItemView& v) {
    if (v.item->meeting.*at) out.Leaf(name, FormatDateTime(*(v.item->meeting.*at)));
  };
}

ValueWriter MeetingFlag(std::string_view element, bool MeetingState::*flag) {
  return [name = fmt::format("t:{}", element), flag](XmlWriter& out, const ItemView& v) {
    out.Flag(name, v.item->meeting.*flag);
  };
}

// Which meeting or conversation a message belongs to, as its subject without the prefixes of answers.
std::string Topic(const ItemView& view) {
  std::string topic = view.PropertyText("Subject");
  for (const std::string_view prefix : {"RE: ", "FW: ", "Accepted: ", "Tentative: ", "Declined: ", "Canceled: "}) {
    if (StartsWithNoCase(topic, prefix)) topic.erase(0, prefix.size());
  }
  return topic;
}

void WriteResponseObjects(XmlWriter& out, const ItemView& v) {
  const bool mail = IsMail(v.item->kind) && !v.item->mail.is_draft;
  const bool invited = v.item->kind == ItemKind::kMeetingRequest ||
                       (v.item->kind == ItemKind::kCalendarItem && !v.item->is_organizer && !v.item->cancelled);
  const bool hosts = v.item->kind == ItemKind::kCalendarItem && v.item->is_organizer && v.item->invitations_sent;
  if (!mail && !invited && !hosts) return;
  out.Open("t:ResponseObjects");
  const auto offer = [&out](std::string_view element) { out.Open(element).Close(); };
  if (invited) {
    for (const auto element : {"t:AcceptItem", "t:TentativelyAcceptItem", "t:DeclineItem"}) offer(element);
  }
  if (hosts) offer("t:CancelCalendarItem");
  if (v.item->kind == ItemKind::kMeetingCancellation) offer("t:RemoveItem");
  for (const auto element : {"t:ReplyToItem", "t:ReplyAllToItem", "t:ForwardItem"}) offer(element);
  out.Close();
}

void WriteHeaders(XmlWriter& out, const ItemView& v) {
  if (!IsMail(v.item->kind)) return;
  auto headers = InternetHeaders(*v.item);
  if (!v.item->mail.is_draft) {
    headers["Message-ID"] = v.item->mail.message_id;
    headers["Date"] = MimeDate(v.item->mail.sent_at);
    headers["Subject"] = v.PropertyText("Subject");
  }
  XmlWriter entries;
  entries.Open("t:InternetMessageHeaders");
  bool any = false;
  for (const auto& [name, value] : headers) {
    if (value.empty()) continue;
    entries.Open("t:InternetMessageHeader").Attribute("HeaderName", name).Text(value).Close();
    any = true;
  }
  entries.Close();
  if (any) out.Raw(entries.Take());
}

void WritePreview(XmlWriter& out, const ItemView& v) {
  pugi::xml_document document;
  document.load_string(v.PropertyXml("Body").c_str(), pugi::parse_default | pugi::parse_ws_pcdata_single);
  std::string text = Flatten(document.document_element().text().get());
  if (text.size() > kPreview) {
    size_t end = kPreview;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // not within a character
    text.resize(end);
  }
  out.Leaf("t:Preview", text);
}

void AddMessageWriters(ValueWriters& w) {
  w["MimeContent"] = [](XmlWriter& out, const ItemView& v) {
    if (!IsMail(v.item->kind)) return;
    out.Open("t:MimeContent").Attribute("CharacterSet", "UTF-8").Text(Base64(MimeOf(v))).Close();
  };
  w["InternetMessageHeaders"] = WriteHeaders;
  w["ResponseObjects"] = WriteResponseObjects;
  w["Preview"] = WritePreview;
  w["Flag"] = [](XmlWriter& out, const ItemView& v) {
    const std::string& xml = v.PropertyXml("Flag");
    if (!xml.empty()) {
      out.Raw(xml);
    } else if (IsMail(v.item->kind)) {
      out.Open("t:Flag").Leaf("t:FlagStatus", "NotFlagged").Close();
    }
  };
  w["IsReadReceiptRequested"] = DefaultValue("IsReadReceiptRequested", "false");
  w["IsDeliveryReceiptRequested"] = DefaultValue("IsDeliveryReceiptRequested", "false");
  w["IsResponseRequested"] = [](XmlWriter& out, const ItemView& v) {
    const std::string& xml = v.PropertyXml("IsResponseRequested");
    xml.empty() ? out.Flag("t:IsResponseRequested", v.item->kind != ItemKind::kMessage) : out.Raw(xml);
  };
  w["IsRead"] = [](XmlWriter& out, const ItemView& v) { out.Flag("t:IsRead", v.item->mail.is_read); };
  w["InternetMessageId"] = [](XmlWriter& out, const ItemView& v) {
    if (!v.item->mail.message_id.empty()) out.Leaf("t:InternetMessageId", v.item->mail.message_id);
  };
  w["ConversationTopic"] = [](XmlWriter& out, const ItemView& v) { out.Leaf("t:ConversationTopic", Topic(v)); };
  w["ConversationIndex"] = [](XmlWriter& out, const ItemView& v) {
    out.Leaf("t:ConversationIndex", Base64(fmt::format("\x01{:016x}", Hash(Topic(v)))));
  };
  w["ConversationId"] = [](XmlWriter& out, const ItemView& v) {
    if (!IsMail(v.item->kind)) return;
    const std::string id = fmt::format("conversation{:016x}{}", Hash(Topic(v)), v.mailbox->number);
    out.Open("t:ConversationId").Attribute("Id", Base64(id)).Close();
  };
}

void AddMeetingMessageWriters(ValueWriters& w) {
  w["AssociatedCalendarItemId"] = [](XmlWriter& out, const ItemView& v) {
    const auto found = v.mailbox->items.find(v.item->meeting.calendar_item);
    if (found == v.mailbox->items.end()) return;
    WriteItemId(out, "t:AssociatedCalendarItemId", ViewOf(*v.mailbox, found->second));
  };
  w["IsDelegated"] = ConstantValue("IsDelegated", "false");
  w["IsOutOfDate"] = MeetingFlag("IsOutOfDate", &MeetingState::out_of_date);
  w["HasBeenProcessed"] = MeetingFlag("HasBeenProcessed", &MeetingState::processed);
  w["ResponseType"] = [](XmlWriter& out, const ItemView& v) {
    const std::string& type = v.item->meeting.response_type;
    out.Leaf("t:ResponseType", type.empty() ? v.item->my_response : type);
  };
  w["MeetingRequestType"] = [](XmlWriter& out, const ItemView& v) {
    const std::string& type = v.item->meeting.request_type;
    out.Leaf("t:MeetingRequestType", v.item->meeting.out_of_date ? "Outdated" : type.empty() ? "None" : type);
  };
  w["ProposedStart"] = Optional("ProposedStart", &MeetingState::proposed_start);
  w["ProposedEnd"] = Optional("ProposedEnd", &MeetingState::proposed_end);
}

}  // namespace

void AddMailWriters(ValueWriters& writers) {
  AddMessageWriters(writers);
  AddMeetingMessageWriters(writers);
}

}  // namespace crosspoint::exchange_sim
