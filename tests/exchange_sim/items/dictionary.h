#pragma once

#include <optional>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "exchange_sim/items/item.h"
#include "exchange_sim/xml.h"

namespace crosspoint::exchange_sim {

// The dictionaries of contacts (phone numbers, addresses, …), whose entries are set and asked for one by one.

bool IsDictionary(std::string_view element);
// Sets all entries of a dictionary element.
//   ErrorSchemaValidation  a key that there is not
absl::Status SetEntries(Properties& properties, pugi::xml_node dictionary, uint32_t version);

// Which entry an IndexedFieldURI names: "PhoneNumbers/HomePhone", "PhysicalAddresses/Home/City".
//   ErrorInvalidIndexedFieldURI…  no such entry
absl::StatusOr<std::string> EntryOf(pugi::xml_node indexed_field_uri);

// The dictionary with all its entries, or with those in `only` (as EntryOf names them); nothing when there is none.
void WriteDictionary(XmlWriter& out, const ItemView& view, std::string_view element,
                     const std::set<std::string>* only = nullptr);

}  // namespace crosspoint::exchange_sim
