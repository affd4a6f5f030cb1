#pragma once

#include <optional>
#include <vector>

#include "connectors/ews/soap/xml_reader.h"
#include "connectors/ews/types.h"

// Pieces that items of every kind have in common.
namespace crosspoint::ews {

// Properties of a type we do not know are left out.
std::vector<ExtendedProperty> ReadProperties(const pugi::xml_node& item);
std::optional<Body> ReadBody(const pugi::xml_node& body);

}  // namespace crosspoint::ews
