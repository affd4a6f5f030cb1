#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "exchange_sim/items/item.h"
#include "exchange_sim/xml.h"

namespace crosspoint::exchange_sim {

// The folder with what the FolderShape asks for.
void WriteFolder(XmlWriter& out, const Mailbox& mailbox, const Folder& folder, pugi::xml_node shape);
//   ErrorSchemaValidation  no BaseShape
absl::Status CheckFolderShape(pugi::xml_node shape);

// The class of a new folder that a request describes with `element`, "t:CalendarFolder" for example.
std::string FolderClassOf(pugi::xml_node element);

// The text of one property for comparing; empty when unset.
//   ErrorUnsupportedPathForQuery  no such path
absl::StatusOr<std::string> FolderText(const Mailbox& mailbox, const Folder& folder, pugi::xml_node path);

// Whether `folder` lies somewhere below `ancestor`.
bool IsBelow(const Mailbox& mailbox, const Folder& folder, uint64_t ancestor);

}  // namespace crosspoint::exchange_sim
