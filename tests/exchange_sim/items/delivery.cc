#include "exchange_sim/items/delivery.h"

#include <set>

#include "exchange_sim/error.h"
#include "exchange_sim/items/item_values.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr std::string_view kLists[] = {"ToRecipients", "CcRecipients", "BccRecipients"};

std::vector<std::string> AddressesIn(const Item& message, std::string_view list) {
  std::vector<std::string> addresses;
  const auto property = message.properties.find(std::string(list));
  if (property == message.properties.end()) return addresses;
  pugi::xml_document document;
  document.load_string(property->second.xml.c_str());
  for (const pugi::xml_node mailbox : document.document_element().children("t:Mailbox")) {
    addresses.emplace_back(mailbox.child("t:EmailAddress").text().get());
  }
  return addresses;
}

std::vector<std::string> RecipientsOf(const Item& message) {
  std::vector<std::string> all;
  for (const std::string_view list : kLists) {
    for (std::string& address : AddressesIn(message, list)) all.push_back(std::move(address));
  }
  return all;
}

bool IsAddress(std::string_view text) {
  const size_t at = text.find('@');
  return at != 0 && at != std::string_view::npos && at + 1 < text.size() && text.find(' ') == std::string_view::npos &&
         text.find('@', at + 1) == std::string_view::npos;
}

bool OfTheCompany(std::string_view address) {
  const std::string domain = Lower(address.substr(address.find('@') + 1));
  return domain == kDomain || domain.ends_with(fmt::format(".{}", kDomain));
}

// The copy that one recipient gets: nobody sees who else got a blind copy.
Item Received(const Item& sent, const Person& recipient) {
  Item copy = sent;
  copy.version = 1;
  copy.created_at = 0;
  copy.mail.is_read = false;
  copy.mail.is_from_me = false;
  copy.mail.received_at = Now();
  copy.properties.erase("BccRecipients");
  copy.properties.erase("Flag");
  copy.properties.erase("Categories");
  copy.properties["ReceivedBy"] = {MailboxXml("t:ReceivedBy", recipient.display_name, recipient.email), 1};
  copy.properties["ReceivedRepresenting"] = {
      MailboxXml("t:ReceivedRepresenting", recipient.display_name, recipient.email), 1};
  return copy;
}

void ReportUndelivered(Store& store, Mailbox& sender, const Item& message, const std::string& address) {
  Item report;
  report.kind = ItemKind::kMessage;
  const std::string postmaster = fmt::format("postmaster@{}", kDomain);
  MarkSent(sender, report);
  report.properties["From"] = {MailboxXml("t:From", "Microsoft Outlook", postmaster), 1};
  report.properties["Sender"] = {MailboxXml("t:Sender", "Microsoft Outlook", postmaster), 1};
  report.properties["ToRecipients"] = {MailboxXml("t:ToRecipients", sender.person.display_name, sender.person.email),
                                       1};
  SetText(report.properties, "ItemClass", "REPORT.IPM.Note.NDR");
  const auto subject = message.properties.find("Subject");
  const std::string text = subject == message.properties.end() ? "" : TextOf(subject->second.xml);
  SetText(report.properties, "Subject", "Undeliverable: " + text);
  report.mail.is_read = false;
  report.mail.is_from_me = false;
  XmlWriter body;
  body.Open("t:Body").Attribute("BodyType", "Text").Text(address + " was not found at " + std::string(kDomain) + ".");
  body.Close();
  report.properties["Body"] = {body.Take(), 1};
  store.Deliver(sender, std::move(report));
}

}  // namespace

std::string MailboxXml(std::string_view element, std::string_view name, std::string_view address) {
  XmlWriter out;
  out.Open(element);
  WriteMailbox(out, name, address);
  out.Close();
  return out.Take();
}

absl::Status CheckSendable(const Mailbox& sender, const Item& message) {
  const auto recipients = RecipientsOf(message);
  if (recipients.empty()) return EwsError("ErrorMissingRecipients", "A recipient must be provided.");
  for (const std::string& address : recipients) {
    if (!IsAddress(address)) return EwsError("ErrorInvalidRecipients", "At least one recipient isn't valid.");
  }
  const auto from = AddressesIn(message, "From");
  if (!from.empty() && !sender.person.HasAddress(from[0])) {
    return EwsError("ErrorSendAsDenied",
                    "The user account which was used to submit this request does not have the "
                    "right to send mail on behalf of the specified sending account.");
  }
  return absl::OkStatus();
}

void MarkSent(const Mailbox& sender, Item& message) {
  message.properties["From"] = {MailboxXml("t:From", sender.person.display_name, sender.person.email), 1};
  message.properties["Sender"] = {MailboxXml("t:Sender", sender.person.display_name, sender.person.email), 1};
  message.mail.is_draft = false;
  message.mail.is_read = true;
  message.mail.is_from_me = true;
  message.mail.sent_at = message.mail.received_at = Now();
  if (message.mail.message_id.empty()) message.mail.message_id = fmt::format("<{:016x}@{}>", RandomNumber(), kDomain);
}

void DeliverMail(Store& store, Mailbox& sender, const Item& message) {
  const Item sent = message;  // who writes to himself changes the mailbox that is read here
  std::set<uint64_t> reached;
  for (const std::string& address : RecipientsOf(sent)) {
    Mailbox* const mailbox = store.FindMailbox(address);
    if (mailbox == nullptr) {
      if (OfTheCompany(address)) ReportUndelivered(store, sender, sent, address);
    } else if (reached.insert(mailbox->number).second) {
      store.Deliver(*mailbox, Received(sent, mailbox->person));
    }
  }
}

}  // namespace crosspoint::exchange_sim
