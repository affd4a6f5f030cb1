#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "exchange_sim/call.h"

namespace crosspoint::exchange_sim {

// Contacts with an e-mail address that `entry` finds by name or address: in the folder that ParentFolderIds of the
// request names (a public folder, say), else in the caller's own.
absl::StatusOr<std::vector<ItemView>> FindContacts(Call& call, std::string_view entry);
// <t:Resolution> of a contact.
void WriteContactResolution(XmlWriter& out, const ItemView& contact, bool with_contact);

}  // namespace crosspoint::exchange_sim
