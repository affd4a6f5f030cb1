#include "connectors/ews/codec/requests_mail.h"

#include "connectors/ews/codec/names.h"
#include "connectors/ews/properties.h"
#include "connectors/ews/soap/text.h"

namespace crosspoint::ews {
namespace {

ItemShape MakeListed() {
  return {.fields = {"item:ParentFolderId", "item:ItemClass", "item:Subject", "item:Sensitivity", "item:Importance",
                     "item:Categories", "item:DateTimeReceived", "item:DateTimeSent", "item:DateTimeCreated",
                     "item:LastModifiedTime", "item:HasAttachments", "item:IsDraft", "message:From", "message:Sender",
                     "message:InternetMessageId", "message:IsRead"}};
}

ItemShape MakeWhole(Detail detail) {
  ItemShape shape = MakeListed();
  for (const std::string_view uri :
       {"item:Attachments", "item:InternetMessageHeaders", "message:ToRecipients", "message:CcRecipients",
        "message:BccRecipients", "meeting:AssociatedCalendarItemId", "meeting:IsOutOfDate", "meeting:HasBeenProcessed",
        "meeting:ResponseType", "calendar:UID", "calendar:RecurrenceId", "calendar:Start", "calendar:End",
        "calendar:Location"}) {
    shape.fields.push_back(uri);
  }
  if (detail == Detail::kFactsAndBody) {
    shape.fields.push_back("item:Body");
    shape.body_type = "Best";
  }
  return shape;
}

void WriteMailbox(XmlWriter& xml, const Mailbox& mailbox) {
  xml.Open("t:Mailbox");
  if (!mailbox.name.empty()) xml.Text("t:Name", mailbox.name);
  xml.Text("t:EmailAddress", mailbox.email).Close();
}

void WriteRecipients(XmlWriter& xml, std::string_view list, const std::vector<Mailbox>& recipients) {
  if (recipients.empty()) return;
  xml.Open(list);
  for (const Mailbox& recipient : recipients) WriteMailbox(xml, recipient);
  xml.Close();
}

void WriteFileAttachment(XmlWriter& xml, const AttachmentDraft& attachment) {
  xml.Open("t:FileAttachment").Text("t:Name", attachment.name);
  if (!attachment.content_type.empty()) xml.Text("t:ContentType", attachment.content_type);
  if (!attachment.content_id.empty()) xml.Text("t:ContentId", attachment.content_id);
  if (attachment.is_inline) xml.Text("t:IsInline", "true");
  if (attachment.is_contact_photo) xml.Text("t:IsContactPhoto", "true");
  xml.Open("t:Content").Raw(EncodeBase64(attachment.bytes)).Close().Close();
}

// Without these a message that is only saved stays a draft for ever, and has no time to be sorted by.
void WriteReceived(XmlWriter& xml, const MessageDraft& draft) {
  const std::string time = FormatDateTime(*draft.received);
  WriteProperty(xml, {MessageFlagsPath(), std::to_string(draft.is_read ? kMessageFlagRead : 0)});
  WriteProperty(xml, {DeliveryTimePath(), time});
  WriteProperty(xml, {SubmitTimePath(), time});
}

void WriteDraft(XmlWriter& xml, const MessageDraft& draft) {
  xml.Open("t:Message");
  if (!draft.item_class.empty()) xml.Text("t:ItemClass", draft.item_class);
  xml.Text("t:Subject", draft.subject).Text("t:Sensitivity", NameOf(kSensitivityNames, draft.sensitivity));
  if (draft.body) WriteBody(xml, *draft.body);
  if (!draft.attachments.empty()) {
    xml.Open("t:Attachments");
    for (const AttachmentDraft& attachment : draft.attachments) WriteFileAttachment(xml, attachment);
    xml.Close();
  }
  WriteCategories(xml, draft.categories);
  xml.Text("t:Importance", NameOf(kImportanceNames, draft.importance));
  if (draft.received) WriteReceived(xml, draft);
  for (const ExtendedProperty& property : draft.extended_properties) WriteProperty(xml, property);
  WriteRecipients(xml, "t:ToRecipients", draft.to);
  WriteRecipients(xml, "t:CcRecipients", draft.cc);
  WriteRecipients(xml, "t:BccRecipients", draft.bcc);
  if (draft.from) {
    xml.Open("t:From");
    WriteMailbox(xml, *draft.from);
    xml.Close();
  }
  xml.Text("t:IsRead", BoolText(draft.is_read)).Close();
}

void WriteChanges(XmlWriter& xml, const MessageUpdate& update) {
  ChangeWriter change(xml, "t:Message");
  if (update.item_class) change.Text("item:ItemClass", "t:ItemClass", *update.item_class);
  if (update.subject) change.Text("item:Subject", "t:Subject", *update.subject);
  if (update.body) change.Set("item:Body", [&] { WriteBody(xml, *update.body); });
  if (update.categories) ChangeCategories(xml, change, *update.categories);
  if (update.importance) {
    change.Text("item:Importance", "t:Importance", NameOf(kImportanceNames, *update.importance));
  }
  for (const ExtendedProperty& property : update.set_properties) change.SetProperty(property);
  for (const PropertyPath& path : update.delete_properties) change.DeleteProperty(path);
  if (update.is_read) change.Text("message:IsRead", "t:IsRead", BoolText(*update.is_read));
}

void WriteAttachmentIds(XmlWriter& xml, std::string_view attachment_id) {
  xml.Open("m:AttachmentIds").Empty("t:AttachmentId", {{"Id", attachment_id}}).Close();
}

}  // namespace

const ItemShape& ListedMessage() {
  static const auto& shape = *new ItemShape(MakeListed());
  return shape;
}

const ItemShape& WholeMessage(Detail detail) {
  static const auto& facts = *new ItemShape(MakeWhole(Detail::kFacts));
  static const auto& with_body = *new ItemShape(MakeWhole(Detail::kFactsAndBody));
  return detail == Detail::kFacts ? facts : with_body;
}

const ItemShape& AttachmentsOnly() {
  static const auto& shape = *new ItemShape{.fields = {"item:Attachments", "item:HasAttachments"}};
  return shape;
}

std::string WriteCreateMessage(const RequestHeader& header, const MessageDraft& draft, Disposition disposition,
                               const FolderRef& folder) {
  return WriteEnvelope(header, TakesTimeZone::kYes, [&](XmlWriter& xml) {
    xml.Open("m:CreateItem", {{"MessageDisposition", NameOf(kDispositionNames, disposition)}});
    if (disposition != Disposition::kSendOnly) {
      xml.Open("m:SavedItemFolderId");
      WriteFolderRef(xml, folder);
      xml.Close();
    }
    xml.Open("m:Items");
    WriteDraft(xml, draft);
    xml.Close().Close();
  });
}

std::string WriteUpdateMessage(const RequestHeader& header, const ItemId& id, const MessageUpdate& update) {
  return WriteItemUpdate(header, id, [&](XmlWriter& xml) { WriteChanges(xml, update); });
}

std::string WriteSendItem(const RequestHeader& header, const ItemId& id, const std::optional<FolderRef>& copy) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    xml.Open("m:SendItem", {{"SaveItemToFolder", BoolText(copy.has_value())}});
    WriteItemIds(xml, {id});
    if (copy) {
      xml.Open("m:SavedItemFolderId");
      WriteFolderRef(xml, *copy);
      xml.Close();
    }
    xml.Close();
  });
}

std::string WriteCreateAttachment(const RequestHeader& header, const ItemId& parent,
                                  const AttachmentDraft& attachment) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    xml.Open("m:CreateAttachment");
    if (parent.change_key.empty()) {
      xml.Empty("m:ParentItemId", {{"Id", parent.id}});
    } else {
      xml.Empty("m:ParentItemId", {{"Id", parent.id}, {"ChangeKey", parent.change_key}});
    }
    xml.Open("m:Attachments");
    WriteFileAttachment(xml, attachment);
    xml.Close().Close();
  });
}

std::string WriteGetAttachment(const RequestHeader& header, std::string_view attachment_id) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    // Of an attached item the facts, as GetItem tells them by default; a file has no shape.
    xml.Open("m:GetAttachment").Open("m:AttachmentShape").Text("t:BodyType", "Best").Close();
    WriteAttachmentIds(xml, attachment_id);
    xml.Close();
  });
}

std::string WriteDeleteAttachment(const RequestHeader& header, std::string_view attachment_id) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    xml.Open("m:DeleteAttachment");
    WriteAttachmentIds(xml, attachment_id);
    xml.Close();
  });
}

}  // namespace crosspoint::ews
