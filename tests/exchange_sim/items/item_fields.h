#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "exchange_sim/items/item.h"
#include "exchange_sim/xml.h"

namespace crosspoint::exchange_sim {

// One property of a calendar item in the order of the schema.
struct Field {
  std::string_view element;  // "Subject"
  std::string_view uri;      // "item:Subject"
  bool in_default = false;   // returned by BaseShape Default
  bool in_all = false;       // returned by BaseShape AllProperties
  bool settable = false;
  bool in_lists = true;  // FindItem and SyncFolderItems can return it
};

const Field* FieldByElement(std::string_view element);
const Field* FieldByUri(std::string_view uri);

// Which properties an answer carries.
struct ItemShape {
  enum class Base { kIdOnly, kDefault, kAllProperties };
  struct Extended {
    std::string key;       // ExtendedKey
    std::string path_xml;  // the ExtendedFieldURI as asked
  };

  Base base = Base::kIdOnly;
  bool text_body = false;  // BodyType Text: HTML is flattened
  std::vector<const Field*> fields;
  std::vector<Extended> extended;
};
absl::StatusOr<ItemShape> ParseItemShape(pugi::xml_node shape);

// The same for every spelling of an ExtendedFieldURI that means one property.
//   ErrorInvalidExtendedProperty  attributes that do not go together
absl::StatusOr<std::string> ExtendedKey(pugi::xml_node extended_field_uri);

// <t:CalendarItem> with what `shape` asks for; `from_list` leaves out what list operations cannot return.
void WriteItem(XmlWriter& out, const ItemView& view, const ItemShape& shape, bool from_list);

// The text of one property for comparing and sorting, times as seconds padded to sort; empty when unset.
//   ErrorUnsupportedPathForQuery  no such path
absl::StatusOr<std::string> FieldText(const ItemView& view, pugi::xml_node path);

}  // namespace crosspoint::exchange_sim
