#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "exchange_sim/items/item.h"
#include "exchange_sim/xml.h"

namespace crosspoint::exchange_sim {

// One property of an item.
struct Field {
  std::string_view element;  // "Subject"
  std::string_view uri;      // "item:Subject"
  bool in_default = false;   // returned by BaseShape Default
  bool in_all = false;       // returned by BaseShape AllProperties
  bool settable = false;
  bool in_lists = true;  // FindItem and SyncFolderItems can return it
};

// What a kind of item has, in the order of the schema.
std::span<const Field* const> FieldsOf(ItemKind kind);
const Field* FieldByElement(ItemKind kind, std::string_view element);
const Field* FieldByUri(ItemKind kind, std::string_view uri);
// Whether any kind of item has it.
bool IsFieldUri(std::string_view uri);

// Which properties an answer carries.
struct ItemShape {
  enum class Base { kIdOnly, kDefault, kAllProperties };
  struct Extended {
    std::string key;       // ExtendedKey
    std::string path_xml;  // the ExtendedFieldURI as asked
  };

  Base base = Base::kIdOnly;
  bool text_body = false;  // BodyType Text: HTML is flattened
  bool with_ids = true;    // what is attached has no id of its own
  std::set<std::string, std::less<>> uris;
  std::set<std::string> entries;  // of dictionaries, as EntryOf names them
  std::vector<Extended> extended;
};
absl::StatusOr<ItemShape> ParseItemShape(pugi::xml_node shape);
// Takes one path of AdditionalProperties in.
absl::Status AddPath(pugi::xml_node path, ItemShape& shape);

// <t:Message>, <t:Contact>, … with what `shape` asks for; `from_list` leaves out what list operations cannot return.
void WriteItem(XmlWriter& out, const ItemView& view, const ItemShape& shape, bool from_list);

// The text of one property for comparing and sorting, times as seconds padded to sort; empty when unset.
//   ErrorUnsupportedPathForQuery  no such path
absl::StatusOr<std::string> FieldText(const ItemView& view, pugi::xml_node path);

}  // namespace crosspoint::exchange_sim
