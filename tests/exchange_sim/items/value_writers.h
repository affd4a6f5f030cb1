#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "exchange_sim/items/item.h"
#include "exchange_sim/xml.h"

namespace crosspoint::exchange_sim {

// Who writes what: by element name, for whatever kinds of items have such an element.
using ValueWriter = std::function<void(XmlWriter&, const ItemView&)>;
using ValueWriters = std::map<std::string_view, ValueWriter>;

ValueWriter ConstantValue(std::string_view element, std::string_view value);
// What the client set, or what Exchange says when it set nothing.
ValueWriter DefaultValue(std::string_view element, std::string_view value);

void AddCalendarWriters(ValueWriters& writers);
void AddMailWriters(ValueWriters& writers);
void AddContactWriters(ValueWriters& writers);

}  // namespace crosspoint::exchange_sim
