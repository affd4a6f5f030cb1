#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "connectors/ews/codec/request_parts.h"
#include "connectors/ews/types.h"

// Requests that are the same for contacts and messages, but for what they ask to be told.
namespace crosspoint::ews {

// One entry of a property that has several, as a phone number by its kind.
struct IndexedField {
  std::string_view uri;
  std::string_view index;
};

// What is to be told about an item.
struct ItemShape {
  std::vector<std::string_view> fields;
  std::vector<IndexedField> entries = {};
  std::string_view body_type = {};  // "Text" or "Best"; empty: the body is not among the fields
};

std::string WriteFindPage(const RequestHeader& header, const FindItemsQuery& query, const ItemShape& shape);
std::string WriteGetItems(const RequestHeader& header, const std::vector<ItemId>& ids, const ItemShape& shape,
                          const std::vector<PropertyPath>& properties);
std::string WriteSyncItems(const RequestHeader& header, const FolderRef& folder, const std::string& sync_state,
                           int max_changes, const ItemShape& shape, const std::vector<PropertyPath>& properties);
// Items of any kind; nobody is told of a meeting that goes, and no receipt of a message.
std::string WriteDeleteItems(const RequestHeader& header, const std::vector<ItemId>& ids, DeleteType type);
std::string WriteMoveItems(const RequestHeader& header, const std::vector<ItemId>& ids, const FolderRef& folder);
std::string WriteCopyItems(const RequestHeader& header, const std::vector<ItemId>& ids, const FolderRef& folder);

// Opens and closes an UpdateItem around what `write_changes` writes. An item that changed since it was read makes it
// fail instead of losing that change.
template <class WriteChanges>
std::string WriteItemUpdate(const RequestHeader& header, const ItemId& id, const WriteChanges& write_changes) {
  return WriteEnvelope(header, TakesTimeZone::kYes, [&](XmlWriter& xml) {
    xml.Open("m:UpdateItem", {{"ConflictResolution", "NeverOverwrite"},
                              {"MessageDisposition", "SaveOnly"},
                              {"SuppressReadReceipts", "true"}});
    xml.Open("m:ItemChanges").Open("t:ItemChange");
    WriteItemId(xml, id);
    xml.Open("t:Updates");
    write_changes(xml);
    xml.Close().Close().Close().Close();
  });
}

void WriteCategories(XmlWriter& xml, const std::vector<std::string>& categories);
// Sets, or deletes when there are none.
void ChangeCategories(XmlWriter& xml, ChangeWriter& change, const std::vector<std::string>& categories);

}  // namespace crosspoint::ews
