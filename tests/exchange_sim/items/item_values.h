#pragma once

#include <string_view>

#include "exchange_sim/items/item.h"
#include "exchange_sim/xml.h"

namespace crosspoint::exchange_sim {

// Writes the element of one property, nothing when the item has no such value. `text_body` flattens HTML.
void WriteValue(XmlWriter& out, const ItemView& view, std::string_view element, bool text_body);

std::string ItemClassOf(const ItemView& view);
// HTML as plain text.
std::string Flatten(std::string_view html);

void WriteItemId(XmlWriter& out, std::string_view element, const ItemView& view);
void WriteFolderId(XmlWriter& out, std::string_view element, const Mailbox& mailbox, const Folder& folder);
// <t:Mailbox> of a person.
void WriteMailbox(XmlWriter& out, std::string_view name, std::string_view email);

}  // namespace crosspoint::exchange_sim
