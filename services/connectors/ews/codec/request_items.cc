#include "connectors/ews/codec/request_items.h"

#include "connectors/ews/codec/names.h"

namespace crosspoint::ews {
namespace {

void WriteShape(XmlWriter& xml, const ItemShape& shape, const std::vector<PropertyPath>& properties) {
  xml.Open("m:ItemShape").Text("t:BaseShape", "IdOnly");
  if (!shape.body_type.empty()) xml.Text("t:BodyType", shape.body_type);
  xml.Open("t:AdditionalProperties");
  for (const std::string_view uri : shape.fields) xml.Empty("t:FieldURI", {{"FieldURI", uri}});
  for (const IndexedField& entry : shape.entries) {
    xml.Empty("t:IndexedFieldURI", {{"FieldURI", entry.uri}, {"FieldIndex", entry.index}});
  }
  for (const PropertyPath& path : properties) WritePropertyPath(xml, path);
  xml.Close().Close();
}

std::string WriteRelocation(const RequestHeader& header, std::string_view request, const std::vector<ItemId>& ids,
                            const FolderRef& folder) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    xml.Open(request).Open("m:ToFolderId");
    WriteFolderRef(xml, folder);
    xml.Close();
    WriteItemIds(xml, ids);
    xml.Text("m:ReturnNewItemIds", "true").Close();
  });
}

}  // namespace

std::string WriteFindPage(const RequestHeader& header, const FindItemsQuery& query, const ItemShape& shape) {
  return WriteFindItems(header, query, [&](XmlWriter& xml) { WriteShape(xml, shape, query.properties); });
}

std::string WriteGetItems(const RequestHeader& header, const std::vector<ItemId>& ids, const ItemShape& shape,
                          const std::vector<PropertyPath>& properties) {
  return WriteEnvelope(header, TakesTimeZone::kYes, [&](XmlWriter& xml) {
    xml.Open("m:GetItem");
    WriteShape(xml, shape, properties);
    WriteItemIds(xml, ids);
    xml.Close();
  });
}

std::string WriteSyncItems(const RequestHeader& header, const FolderRef& folder, const std::string& sync_state,
                           int max_changes, const ItemShape& shape, const std::vector<PropertyPath>& properties) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    xml.Open("m:SyncFolderItems");
    WriteShape(xml, shape, properties);
    xml.Open("m:SyncFolderId");
    WriteFolderRef(xml, folder);
    xml.Close();
    if (!sync_state.empty()) xml.Text("m:SyncState", sync_state);
    xml.Text("m:MaxChangesReturned", std::to_string(max_changes)).Close();
  });
}

std::string WriteDeleteItems(const RequestHeader& header, const std::vector<ItemId>& ids, DeleteType type) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    // The server demands the second and third attribute as soon as a calendar item or a task is among the ids.
    xml.Open("m:DeleteItem", {{"DeleteType", NameOf(kDeleteNames, type)},
                              {"SendMeetingCancellations", "SendToNone"},
                              {"AffectedTaskOccurrences", "AllOccurrences"},
                              {"SuppressReadReceipts", "true"}});
    WriteItemIds(xml, ids);
    xml.Close();
  });
}

std::string WriteMoveItems(const RequestHeader& header, const std::vector<ItemId>& ids, const FolderRef& folder) {
  return WriteRelocation(header, "m:MoveItem", ids, folder);
}

std::string WriteCopyItems(const RequestHeader& header, const std::vector<ItemId>& ids, const FolderRef& folder) {
  return WriteRelocation(header, "m:CopyItem", ids, folder);
}

void WriteCategories(XmlWriter& xml, const std::vector<std::string>& categories) {
  if (categories.empty()) return;
  xml.Open("t:Categories");
  for (const std::string& category : categories) xml.Text("t:String", category);
  xml.Close();
}

void ChangeCategories(XmlWriter& xml, ChangeWriter& change, const std::vector<std::string>& categories) {
  if (categories.empty()) {
    change.Delete("item:Categories");
  } else {
    change.Set("item:Categories", [&] { WriteCategories(xml, categories); });
  }
}

}  // namespace crosspoint::ews
