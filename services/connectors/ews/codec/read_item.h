#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/status/status.h"
#include "connectors/ews/attachment_types.h"
#include "connectors/ews/codec/response_parts.h"

#include "connectors/ews/soap/xml_reader.h"
#include "connectors/ews/types.h"

// Pieces that items of every kind have in common.
namespace crosspoint::ews {

// Properties of a type we do not know are left out.
std::vector<ExtendedProperty> ReadProperties(const pugi::xml_node& item);
std::optional<Body> ReadBody(const pugi::xml_node& body);
// The texts of an array of strings, such as Categories.
std::vector<std::string> ReadStrings(const pugi::xml_node& list);
// nullopt when the element is no attachment.
std::optional<AttachmentInfo> ReadAttachmentInfo(const pugi::xml_node& attachment);
std::vector<AttachmentInfo> ReadAttachmentInfos(const pugi::xml_node& list);

// One change of SyncFolderItems; `read` makes an optional item of an element. nullopt when the change is of no kind we
// know, or has no id.
template <class Item, class Read>
std::optional<ItemChange<Item>> ReadChange(const pugi::xml_node& change, const Read& read) {
  using Kind = typename ItemChange<Item>::Kind;
  static constexpr std::array<std::pair<std::string_view, Kind>, 4> kKinds{{{"Create", Kind::kCreate},
                                                                            {"Update", Kind::kUpdate},
                                                                            {"Delete", Kind::kDelete},
                                                                            {"ReadFlagChange", Kind::kReadFlag}}};
  const auto kind =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const auto& k) { return k.first == LocalName(change); });
  if (kind == kKinds.end()) return std::nullopt;
  ItemChange<Item> one{.kind = kind->second};
  if (one.kind == Kind::kCreate || one.kind == Kind::kUpdate) {
    const pugi::xml_node item = FirstElement(change);
    one.element = std::string(LocalName(item));
    one.id = ChildItemId(item);
    one.item = read(item);
  } else {
    one.id = ChildItemId(change);
    one.is_read = ChildBool(change, "IsRead").value_or(false);
  }
  return one.id.id.empty() ? std::nullopt : std::optional(std::move(one));
}

template <class Item, class Read>
absl::StatusOr<ItemChanges<Item>> ReadItemChanges(std::string_view xml, const XmlLimits& limits, const Read& read) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Messages messages, ParseSingle(xml, "SyncFolderItemsResponse", limits));
  const pugi::xml_node& message = messages.all.front();
  ItemChanges<Item> result;
  result.sync_state = Trim(ChildText(message, "SyncState"));
  if (result.sync_state.empty()) return BadAnswer("has no sync state");
  result.includes_last = ChildBool(message, "IncludesLastItemInRange").value_or(true);
  for (const pugi::xml_node& change : Child(message, "Changes").children()) {
    if (auto one = ReadChange<Item>(change, read)) result.changes.push_back(std::move(*one));
  }
  return result;
}

// The items of GetItem, each by itself.
template <class Item, class Read>
absl::StatusOr<Batch<Item>> ReadItems(std::string_view xml, const XmlLimits& limits, const Read& read) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Messages messages, ParseMessages(xml, "GetItemResponse", limits));
  return ReadBatch(messages, "Items", read);
}

// A page of FindItem that was asked for from `offset` on.
template <class Item, class Read>
absl::StatusOr<ItemPage<Item>> ReadItemPage(std::string_view xml, int offset, const XmlLimits& limits,
                                            const Read& read) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Messages messages, ParseSingle(xml, "FindItemResponse", limits));
  const pugi::xml_node root = Child(messages.all.front(), "RootFolder");
  ItemPage<Item> page;
  page.includes_last = ParseBool(AttributeOf(root, "IncludesLastItemInRange")).value_or(true);
  page.next_offset = offset;
  for (const pugi::xml_node& element : Child(root, "Items").children()) {
    if (element.type() != pugi::node_element) continue;
    ++page.next_offset;
    if (ChildItemId(element).id.empty()) continue;
    if (auto item = read(element)) page.items.push_back(std::move(*item));
  }
  // What the server says counts, unless it would lead round in a circle.
  page.next_offset = std::max(page.next_offset, ParseInt(AttributeOf(root, "IndexedPagingOffset")).value_or(0));
  return page;
}

}  // namespace crosspoint::ews
