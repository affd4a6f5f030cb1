#pragma once

#include "connectors/ews/contact_types.h"
#include "contact/app/mailbox_ports.h"

namespace crosspoint::contact {

// What a server tells of a contact. Texts longer than ours may be are cut.
MailboxItem ItemFrom(const ews::Contact& contact);
// A contact to be made for ours; `card` as CardOf gives it.
ews::ContactDraft DraftOf(const std::string& contact, const Facts& card);
// What makes `there` equal to `card`.
ews::ContactUpdate UpdateOf(const Facts& there, const Facts& card);

}  // namespace crosspoint::contact
