#pragma once

#include <string>

#include "connectors/ews/contact_types.h"
#include "connectors/ews/people_types.h"
#include "connectors/ews/types.h"
#include "directory/domain/person.h"

namespace crosspoint::directory {

// What EWS tells of people, in its several shapes, as entries of the corporate list.
CorporateEntry EntryOf(ews::ResolvedName name);
CorporateEntry EntryOf(ews::Person person);
CorporateEntry EntryOf(ews::Contact contact);

}  // namespace crosspoint::directory
