#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "connectors/ews/codec/requests.h"
#include "connectors/ews/soap/xml_writer.h"

// Pieces that several requests share.
namespace crosspoint::ews {

enum class TakesTimeZone { kNo, kYes };

// A whole envelope around what `body` writes.
std::string WriteEnvelope(const RequestHeader& header, TakesTimeZone takes_time_zone,
                          const std::function<void(XmlWriter&)>& body);
void WriteFolderRef(XmlWriter& xml, const FolderRef& folder);
void WriteFolderRefs(XmlWriter& xml, std::string_view list, const std::vector<FolderRef>& folders);
void WriteItemId(XmlWriter& xml, const ItemId& id);
void WriteItemRef(XmlWriter& xml, const ItemRef& item);
void WriteItemIds(XmlWriter& xml, const std::vector<ItemId>& ids);
void WritePage(XmlWriter& xml, std::string_view element, const PageQuery& page);
void WriteRestriction(XmlWriter& xml, const std::optional<Restriction>& restriction);
void WritePropertyPath(XmlWriter& xml, const PropertyPath& path);
void WriteProperty(XmlWriter& xml, const ExtendedProperty& property);
void WriteBody(XmlWriter& xml, const Body& body);

// The changes of an UpdateItem, one for each property: its path, then an item with that property alone.
class ChangeWriter {
 public:
  // `item` is the element of the changed item, as "t:CalendarItem".
  ChangeWriter(XmlWriter& xml, std::string_view item) : xml_(xml), item_(item) {}

  void Text(std::string_view uri, std::string_view element, std::string_view value) {
    Set(uri, [&] { xml_.Text(element, value); });
  }
  template <class WriteValue>
  void Set(std::string_view uri, const WriteValue& write_value) {
    xml_.Open("t:SetItemField").Empty("t:FieldURI", {{"FieldURI", uri}}).Open(item_);
    write_value();
    xml_.Close().Close();
  }
  void Delete(std::string_view uri) { xml_.Open("t:DeleteItemField").Empty("t:FieldURI", {{"FieldURI", uri}}).Close(); }
  // One entry of a property that has several, as a phone number by its kind.
  template <class WriteValue>
  void SetEntry(std::string_view uri, std::string_view index, const WriteValue& write_value) {
    xml_.Open("t:SetItemField").Empty("t:IndexedFieldURI", {{"FieldURI", uri}, {"FieldIndex", index}}).Open(item_);
    write_value();
    xml_.Close().Close();
  }
  void DeleteEntry(std::string_view uri, std::string_view index) {
    xml_.Open("t:DeleteItemField").Empty("t:IndexedFieldURI", {{"FieldURI", uri}, {"FieldIndex", index}}).Close();
  }
  void SetProperty(const ExtendedProperty& property) {
    xml_.Open("t:SetItemField");
    WritePropertyPath(xml_, property.path);
    xml_.Open(item_);
    WriteProperty(xml_, property);
    xml_.Close().Close();
  }
  void DeleteProperty(const PropertyPath& path) {
    xml_.Open("t:DeleteItemField");
    WritePropertyPath(xml_, path);
    xml_.Close();
  }

 private:
  XmlWriter& xml_;
  const std::string_view item_;
};

}  // namespace crosspoint::ews
