#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "exchange_sim/items/item.h"
#include "exchange_sim/xml.h"

namespace crosspoint::exchange_sim {

// The same for every spelling of an ExtendedFieldURI that means one property.
//   ErrorInvalidExtendedProperty  attributes that do not go together
absl::StatusOr<std::string> ExtendedKey(pugi::xml_node extended_field_uri);

// The Value or Values of an ExtendedProperty, checked against the type that its path names.
//   ErrorInvalidExtendedPropertyValue  not of that type
absl::StatusOr<pugi::xml_node> ExtendedValue(pugi::xml_node extended_property);

// The headers that travel with `item` because somebody set them in the property set InternetHeaders, by name.
std::map<std::string, std::string> InternetHeaders(const Item& item);

// Some property tags are other names of what a message has anyway. True when `key` was one and is done with.
bool SetNativeTag(Item& item, const std::string& key, std::string_view text);

}  // namespace crosspoint::exchange_sim
