#include "exchange_sim/items/attachments.h"

#include "common/status/status.h"
#include "exchange_sim/error.h"
#include "exchange_sim/items/item_edit.h"
#include "exchange_sim/items/item_values.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

absl::StatusOr<std::shared_ptr<const Item>> AttachedItem(Store& store, pugi::xml_node element,
                                                         const TimeZonePtr& zone) {
  for (const pugi::xml_node inside : Elements(element)) {
    const auto kind = KindOfElement(LocalName(inside));
    if (!kind) continue;
    auto item = std::make_shared<Item>();
    item->kind = *kind;
    item->zone = zone;
    item->created_at = item->modified_at = Now();
    ItemEditor editor(store, *item, nullptr, 1, zone);
    CROSSPOINT_RETURN_IF_ERROR(SetAll(editor, inside));
    return item;
  }
  return EwsError("ErrorInvalidOperation", "Items of this type cannot be attached.");
}

}  // namespace

absl::StatusOr<Attachment> ParseAttachment(Store& store, pugi::xml_node element, const TimeZonePtr& zone) {
  Attachment out;
  const auto text = [element](const char* name) { return std::string(element.child(name).text().get()); };
  out.name = text("t:Name");
  out.content_type = text("t:ContentType");
  out.content_id = text("t:ContentId");
  out.content_location = text("t:ContentLocation");
  out.is_inline = element.child("t:IsInline").text().as_bool();
  out.is_contact_photo = element.child("t:IsContactPhoto").text().as_bool();
  out.modified_at = Now();
  if (LocalName(element) == "ItemAttachment") {
    CROSSPOINT_ASSIGN_OR_RETURN(out.item, AttachedItem(store, element, zone));
    return out;
  }
  if (LocalName(element) != "FileAttachment") {
    return EwsError("ErrorInvalidOperation", fmt::format("{} is not simulated.", LocalName(element)));
  }
  std::string encoded;
  for (const char c : text("t:Content")) {  // lines may be folded
    if (c != '\r' && c != '\n' && c != ' ' && c != '\t') encoded += c;
  }
  auto content = FromBase64(encoded);
  if (!content) return SchemaError("The 'Content' element is invalid - its value is not base64.");
  out.content = std::make_shared<const std::string>(std::move(*content));
  return out;
}

Attachment& AddAttachment(Item& item, Attachment attachment) {
  attachment.number = item.next_attachment++;
  return item.attachments.emplace_back(std::move(attachment));
}

size_t SizeOf(const Attachment& attachment) {
  constexpr size_t kOverhead = 200;
  size_t size = kOverhead + (attachment.content ? attachment.content->size() : 0);
  if (attachment.item) {
    for (const auto& [name, property] : attachment.item->properties) size += property.xml.size();
  }
  return size;
}

void WriteAttachmentId(XmlWriter& out, const ItemView& view, const Attachment& attachment, bool with_root) {
  const EntityId id{view.mailbox->number, EntityId::Kind::kAttachment, view.item->number, 0, attachment.number};
  out.Open("t:AttachmentId").Attribute("Id", FormatId(id));
  if (with_root) out.Attribute("RootItemId", view.Id()).Attribute("RootItemChangeKey", view.ChangeKey());
  out.Close();
}

void WriteAttachment(XmlWriter& out, const ItemView& view, const Attachment& attachment, std::string_view inside) {
  const auto leaf = [&out](std::string_view name, std::string_view value) {
    if (!value.empty()) out.Leaf(name, value);
  };
  out.Open(attachment.item ? "t:ItemAttachment" : "t:FileAttachment");
  if (view.item->number != 0) WriteAttachmentId(out, view, attachment);  // an attached item has no ids inside
  leaf("t:Name", attachment.name);
  leaf("t:ContentType", attachment.content_type);
  leaf("t:ContentId", attachment.content_id);
  leaf("t:ContentLocation", attachment.content_location);
  out.Number("t:Size", static_cast<int64_t>(SizeOf(attachment)));
  out.Leaf("t:LastModifiedTime", FormatDateTime(attachment.modified_at)).Flag("t:IsInline", attachment.is_inline);
  if (!attachment.item) out.Flag("t:IsContactPhoto", attachment.is_contact_photo);
  out.Raw(inside).Close();
}

void WriteAttachments(XmlWriter& out, const ItemView& view) {
  if (view.item->attachments.empty()) return;
  out.Open("t:Attachments");
  for (const Attachment& attachment : view.item->attachments) WriteAttachment(out, view, attachment);
  out.Close();
}

}  // namespace crosspoint::exchange_sim
