#pragma once

#include <set>

#include "absl/status/status.h"
#include "exchange_sim/store.h"

namespace crosspoint::exchange_sim {

// Whether the message can leave the mailbox.
//   ErrorMissingRecipients  it names nobody;  ErrorInvalidRecipients  something that is no address
//   ErrorSendAsDenied       From is somebody else
absl::Status CheckSendable(const Mailbox& sender, const Item& message);

// What sending writes into a message: who, when, and the id it is known by from then on.
void MarkSent(const Mailbox& sender, Item& message);

// The mailboxes that an address of the company reaches: one, or those of everybody on a distribution list.
std::set<uint64_t> MailboxesBehind(Store& store, const std::string& address);

// Puts a copy of a sent message into the Inbox of every recipient of the company. Who is out of office answers, once to
// each sender. For addresses of the company that nobody has, the sender gets a report; what goes out of the company is
// lost.
void DeliverMail(Store& store, Mailbox& sender, const Item& message);

// <t:From> or another element around one mailbox.
std::string MailboxXml(std::string_view element, std::string_view name, std::string_view address);

}  // namespace crosspoint::exchange_sim
