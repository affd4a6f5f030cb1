#pragma once

#include <string>

#include "connectors/ews/codec/request_items.h"
#include "connectors/ews/contact_types.h"

namespace crosspoint::ews {

// What FindItem and SyncFolderItems tell of a contact, what GetItem tells besides, and the notes on top.
const ItemShape& ListedContact();
const ItemShape& WholeContact(Detail detail);

std::string WriteCreateContact(const RequestHeader& header, const ContactDraft& draft, const FolderRef& folder);
std::string WriteUpdateContact(const RequestHeader& header, const ItemId& id, const ContactUpdate& update);

}  // namespace crosspoint::ews
