#include "connectors/ews/codec/read_message.h"

#include <algorithm>

#include "connectors/ews/codec/read_item.h"
#include "connectors/ews/codec/response_parts.h"
#include "connectors/ews/soap/text_cutter.h"

namespace crosspoint::ews {
namespace {

std::optional<Mailbox> ReadOne(const pugi::xml_node& recipient) {
  const pugi::xml_node mailbox = Child(recipient, "Mailbox");
  return mailbox ? std::optional(ReadMailbox(mailbox)) : std::nullopt;
}

std::vector<Mailbox> ReadRecipients(const pugi::xml_node& list) {
  std::vector<Mailbox> recipients;
  for (const pugi::xml_node& mailbox : list.children()) {
    if (LocalName(mailbox) == "Mailbox") recipients.push_back(ReadMailbox(mailbox));
  }
  return recipients;
}

std::vector<InternetHeader> ReadHeaders(const pugi::xml_node& list) {
  std::vector<InternetHeader> headers;
  for (const pugi::xml_node& header : list.children()) {
    if (std::string name = AttributeOf(header, "HeaderName"); !name.empty()) {
      headers.push_back({std::move(name), TextOf(header)});
    }
  }
  return headers;
}

bool StartsWith(std::string_view text, std::string_view start) {
  return EqualsIgnoringCase(text.substr(0, start.size()), start);
}

// Servers that do not know the elements still tell the class. Source: [MS-OXOCAL], classes of meeting objects.
std::optional<MeetingFacts::Kind> MeetingKind(std::string_view element, std::string_view item_class) {
  using Kind = MeetingFacts::Kind;
  if (const auto kind = FromName(kMeetingMessageNames, element); kind && *kind != Kind::kOther) return kind;
  if (StartsWith(item_class, "IPM.Schedule.Meeting.Request")) return Kind::kRequest;
  if (StartsWith(item_class, "IPM.Schedule.Meeting.Resp")) return Kind::kResponse;
  if (StartsWith(item_class, "IPM.Schedule.Meeting.Canceled")) return Kind::kCancellation;
  if (element == "MeetingMessage" || StartsWith(item_class, "IPM.Schedule.Meeting")) return Kind::kOther;
  return std::nullopt;
}

ResponseType ResponseOfClass(std::string_view item_class) {
  if (StartsWith(item_class, "IPM.Schedule.Meeting.Resp.Pos")) return ResponseType::kAccept;
  if (StartsWith(item_class, "IPM.Schedule.Meeting.Resp.Neg")) return ResponseType::kDecline;
  if (StartsWith(item_class, "IPM.Schedule.Meeting.Resp.Tent")) return ResponseType::kTentative;
  return ResponseType::kUnknown;
}

MeetingFacts ReadMeeting(const pugi::xml_node& message, MeetingFacts::Kind kind, std::string_view item_class) {
  MeetingFacts read{.kind = kind,
                    .calendar_item = ChildItemId(message, "AssociatedCalendarItemId"),
                    .uid = ChildText(message, "UID"),
                    .recurrence_id = ChildTime(message, "RecurrenceId"),
                    .start = ChildTime(message, "Start"),
                    .end = ChildTime(message, "End"),
                    .location = ChildText(message, "Location"),
                    .response = ChildEnum(message, "ResponseType", kResponseNames, ResponseType::kUnknown),
                    .is_out_of_date = ChildBool(message, "IsOutOfDate").value_or(false),
                    .has_been_processed = ChildBool(message, "HasBeenProcessed").value_or(false)};
  if (read.response == ResponseType::kUnknown) read.response = ResponseOfClass(item_class);
  return read;
}

Message ReadMessage(const pugi::xml_node& message) {
  Message read;
  read.id = ChildItemId(message);
  read.parent_folder = ChildFolderId(message, "ParentFolderId");
  read.element = LocalName(message);
  read.item_class = ChildText(message, "ItemClass");
  read.subject = ChildText(message, "Subject");
  read.from = ReadOne(Child(message, "From"));
  read.sender = ReadOne(Child(message, "Sender"));
  read.to = ReadRecipients(Child(message, "ToRecipients"));
  read.cc = ReadRecipients(Child(message, "CcRecipients"));
  read.bcc = ReadRecipients(Child(message, "BccRecipients"));
  read.internet_message_id = Trim(ChildText(message, "InternetMessageId"));
  read.received = ChildTime(message, "DateTimeReceived");
  read.sent = ChildTime(message, "DateTimeSent");
  read.created = ChildTime(message, "DateTimeCreated");
  read.last_modified = ChildTime(message, "LastModifiedTime");
  read.is_read = ChildBool(message, "IsRead").value_or(false);
  read.is_draft = ChildBool(message, "IsDraft").value_or(false);
  read.has_attachments = ChildBool(message, "HasAttachments").value_or(false);
  read.importance = ChildEnum(message, "Importance", kImportanceNames, Importance::kNormal);
  read.sensitivity = ChildEnum(message, "Sensitivity", kSensitivityNames, Sensitivity::kNormal);
  read.categories = ReadStrings(Child(message, "Categories"));
  read.body = ReadBody(Child(message, "Body"));
  read.headers = ReadHeaders(Child(message, "InternetMessageHeaders"));
  read.attachments = ReadAttachmentInfos(Child(message, "Attachments"));
  if (const auto kind = MeetingKind(read.element, read.item_class)) {
    read.meeting = ReadMeeting(message, *kind, read.item_class);
  }
  read.extended_properties = ReadProperties(message);
  return read;
}

// A mail folder may hold anything; what is no message is told by its id and element alone.
std::optional<Message> ReadIfMessage(const pugi::xml_node& item) {
  static constexpr std::array<std::string_view, 6> kElements{"Message",         "MeetingMessage",      "MeetingRequest",
                                                             "MeetingResponse", "MeetingCancellation", "Item"};
  if (std::find(kElements.begin(), kElements.end(), LocalName(item)) == kElements.end()) return std::nullopt;
  return ReadMessage(item);
}

absl::StatusOr<Batch<ItemId>> ReadNewIds(std::string_view xml, std::string_view response, const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Messages messages, ParseMessages(xml, response, limits));
  Batch<ItemId> ids;
  for (const pugi::xml_node& message : messages.all) {
    const absl::Status status = StatusOfMessage(message);
    if (status.ok()) {
      ids.emplace_back(ChildItemId(FirstElement(Child(message, "Items"))));
    } else {
      ids.emplace_back(status);
    }
  }
  return ids;
}

}  // namespace

absl::StatusOr<ItemPage<Message>> ReadFindMessages(std::string_view xml, int offset, const XmlLimits& limits) {
  return ReadItemPage<Message>(xml, offset, limits, ReadIfMessage);
}

absl::StatusOr<Batch<Message>> ReadGetMessages(std::string_view xml, const XmlLimits& limits) {
  return ReadItems<Message>(xml, limits, ReadMessage);
}

absl::StatusOr<ItemChanges<Message>> ReadSyncMessages(std::string_view xml, const XmlLimits& limits) {
  return ReadItemChanges<Message>(xml, limits, ReadIfMessage);
}

absl::Status ReadSendItem(std::string_view xml, const XmlLimits& limits) {
  return ParseSingle(xml, "SendItemResponse", limits).status();
}

absl::StatusOr<std::vector<absl::Status>> ReadDeleteItems(std::string_view xml, const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Messages messages, ParseMessages(xml, "DeleteItemResponse", limits));
  std::vector<absl::Status> statuses;
  for (const pugi::xml_node& message : messages.all) statuses.push_back(StatusOfMessage(message));
  return statuses;
}

absl::StatusOr<Batch<ItemId>> ReadMoveItems(std::string_view xml, const XmlLimits& limits) {
  return ReadNewIds(xml, "MoveItemResponse", limits);
}

absl::StatusOr<Batch<ItemId>> ReadCopyItems(std::string_view xml, const XmlLimits& limits) {
  return ReadNewIds(xml, "CopyItemResponse", limits);
}

absl::StatusOr<AttachedTo> ReadCreateAttachment(std::string_view xml, const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Messages messages, ParseSingle(xml, "CreateAttachmentResponse", limits));
  const pugi::xml_node id = Child(FirstElement(Child(messages.all.front(), "Attachments")), "AttachmentId");
  AttachedTo read{.attachment_id = AttributeOf(id, "Id"),
                  .item = {AttributeOf(id, "RootItemId"), AttributeOf(id, "RootItemChangeKey")}};
  if (read.attachment_id.empty()) return BadAnswer("has no attachment id");
  return read;
}

absl::StatusOr<Attachment> ReadGetAttachment(std::string xml, const XmlLimits& limits) {
  std::string content = CutText(xml, "Content");
  CROSSPOINT_ASSIGN_OR_RETURN(const Messages messages, ParseSingle(xml, "GetAttachmentResponse", limits));
  const pugi::xml_node attachment = FirstElement(Child(messages.all.front(), "Attachments"));
  auto info = ReadAttachmentInfo(attachment);
  if (!info) return BadAnswer("has no attachment");
  Attachment read{.info = std::move(*info)};
  if (content.empty()) content = ChildText(attachment, "Content");
  if (!DecodeBase64InPlace(content)) return BadAnswer("has an attachment that is not base64");
  read.bytes = std::move(content);
  if (read.info.kind == AttachmentInfo::Kind::kItem) {
    for (const pugi::xml_node& child : attachment.children()) {
      if (auto item = ReadIfMessage(child)) read.item = std::move(*item);
    }
  }
  return read;
}

absl::StatusOr<ItemId> ReadDeleteAttachment(std::string_view xml, const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Messages messages, ParseSingle(xml, "DeleteAttachmentResponse", limits));
  const pugi::xml_node root = Child(messages.all.front(), "RootItemId");
  return ItemId{AttributeOf(root, "RootItemId"), AttributeOf(root, "RootItemChangeKey")};
}

}  // namespace crosspoint::ews
