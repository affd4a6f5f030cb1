#pragma once

#include "absl/status/statusor.h"
#include "exchange_sim/items/item.h"
#include "exchange_sim/store.h"
#include "exchange_sim/xml.h"

namespace crosspoint::exchange_sim {

// Reads a FileAttachment or ItemAttachment of a request.
//   ErrorInvalidOperation  items of other kinds and references;  ErrorSchemaValidation  content that is not base64
absl::StatusOr<Attachment> ParseAttachment(Store& store, pugi::xml_node element, const TimeZonePtr& zone);
// Adds it to `item` under a number that no other attachment of it ever had.
Attachment& AddAttachment(Item& item, Attachment attachment);

size_t SizeOf(const Attachment& attachment);
// <t:AttachmentId>; with the ids of the item it is in where `with_root`.
void WriteAttachmentId(XmlWriter& out, const ItemView& view, const Attachment& attachment, bool with_root = false);
// The facts about one attachment, without what is in it.
void WriteAttachment(XmlWriter& out, const ItemView& view, const Attachment& attachment, std::string_view inside = "");
// <t:Attachments> of an item, nothing when it has none.
void WriteAttachments(XmlWriter& out, const ItemView& view);

}  // namespace crosspoint::exchange_sim
