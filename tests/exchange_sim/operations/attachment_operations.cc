#include <algorithm>

#include "common/status/status.h"
#include "exchange_sim/call.h"
#include "exchange_sim/error.h"
#include "exchange_sim/items/attachments.h"
#include "exchange_sim/items/item_fields.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr std::string_view kNoAttachments = "<m:Attachments/>";

struct AttachmentTarget {
  ItemTarget parent;
  Attachment* attachment = nullptr;
};

absl::StatusOr<AttachmentTarget> AttachmentOf(Call& call, pugi::xml_node id, Need need) {
  const auto parsed = ParseId(id.attribute("Id").value());
  if (!parsed || parsed->kind != EntityId::Kind::kAttachment) {
    return EwsError("ErrorInvalidAttachmentId", "The attachment id is invalid.");
  }
  pugi::xml_document parent;
  pugi::xml_node item_id = parent.append_child("t:ItemId");
  const EntityId item{parsed->mailbox, EntityId::Kind::kItem, parsed->number, 0, 0};
  item_id.append_attribute("Id") = FormatId(item).c_str();
  CROSSPOINT_ASSIGN_OR_RETURN(ItemTarget target, ItemOf(call, item_id, need));
  if (target.concealed) return EwsError("ErrorAccessDenied", "Access is denied. Check credentials and try again.");
  for (Attachment& attachment : target.item->attachments) {
    if (attachment.number == parsed->attachment) return AttachmentTarget{std::move(target), &attachment};
  }
  return EwsError("ErrorItemNotFound", "The specified object was not found in the store.");
}

absl::StatusOr<std::string> Attach(Call& call, const ItemTarget& parent, pugi::xml_node element) {
  if (parent.is_occurrence) {
    return EwsError("ErrorInvalidOperation", "Attachments of single occurrences are not simulated.");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(Attachment parsed, ParseAttachment(call.store, element, call.zone));
  const Attachment& kept = AddAttachment(*parent.item, std::move(parsed));
  call.store.Touch(*parent.mailbox, *parent.item);
  XmlWriter out;
  out.Open("m:Attachments").Open(kept.item ? "t:ItemAttachment" : "t:FileAttachment");
  WriteAttachmentId(out, ViewOf(*parent.mailbox, *parent.item), kept, true);
  out.Close().Close();
  return out.Take();
}

std::string Inside(const Mailbox& mailbox, const Attachment& attachment, const ItemShape& shape) {
  XmlWriter out;
  if (attachment.item) {
    WriteItem(out, ViewOf(mailbox, *attachment.item), shape, false);
  } else {
    out.Leaf("t:Content", Base64(*attachment.content));
  }
  return out.Take();
}

absl::StatusOr<std::string> Read(Call& call, pugi::xml_node id, const ItemShape& shape) {
  CROSSPOINT_ASSIGN_OR_RETURN(const AttachmentTarget target, AttachmentOf(call, id, Need::kRead));
  const Mailbox& mailbox = *target.parent.mailbox;
  XmlWriter out;
  out.Open("m:Attachments");
  WriteAttachment(out, ViewOf(mailbox, *target.parent.item), *target.attachment,
                  Inside(mailbox, *target.attachment, shape));
  out.Close();
  return out.Take();
}

absl::StatusOr<std::string> Detach(Call& call, pugi::xml_node id) {
  CROSSPOINT_ASSIGN_OR_RETURN(const AttachmentTarget target, AttachmentOf(call, id, Need::kWrite));
  Item& item = *target.parent.item;
  const uint64_t number = target.attachment->number;
  std::erase_if(item.attachments, [number](const Attachment& attachment) { return attachment.number == number; });
  call.store.Touch(*target.parent.mailbox, item);
  const ItemView view = ViewOf(*target.parent.mailbox, item);
  XmlWriter out;
  out.Open("m:RootItemId").Attribute("RootItemId", view.Id()).Attribute("RootItemChangeKey", view.ChangeKey()).Close();
  return out.Take();
}

}  // namespace

Answer CreateAttachment(Call& call) {
  const auto parent = ItemOf(call, call.request.child("m:ParentItemId"), Need::kWrite);
  if (!parent.ok() && ConcernsRequest(parent.status())) return parent.status();
  Messages messages("CreateAttachment");
  for (const pugi::xml_node element : Elements(call.request.child("m:Attachments"))) {
    const auto content = parent.ok() ? Attach(call, *parent, element) : absl::StatusOr<std::string>(parent.status());
    if (!content.ok() && ConcernsRequest(content.status())) return content.status();
    messages.Add(content, kNoAttachments);
  }
  return messages.Take();
}

Answer GetAttachment(Call& call) {
  ItemShape shape;
  shape.base = ItemShape::Base::kAllProperties;
  shape.with_ids = false;
  const pugi::xml_node asked = call.request.child("m:AttachmentShape");
  shape.text_body = std::string_view(asked.child("t:BodyType").text().get()) == "Text";
  if (asked.child("t:IncludeMimeContent").text().as_bool()) shape.uris.emplace("item:MimeContent");
  for (const pugi::xml_node path : Elements(asked.child("t:AdditionalProperties"))) {
    CROSSPOINT_RETURN_IF_ERROR(AddPath(path, shape));
  }
  Messages messages("GetAttachment");
  for (const pugi::xml_node id : Elements(call.request.child("m:AttachmentIds"))) {
    messages.Add(Read(call, id, shape), kNoAttachments);
  }
  return messages.Take();
}

Answer DeleteAttachment(Call& call) {
  Messages messages("DeleteAttachment");
  for (const pugi::xml_node id : Elements(call.request.child("m:AttachmentIds"))) messages.Add(Detach(call, id));
  return messages.Take();
}

}  // namespace crosspoint::exchange_sim
