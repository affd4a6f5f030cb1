#include "exchange_sim/items/delivery.h"

#include "exchange_sim/distribution_lists.h"
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

std::string SubjectOf(const Item& message) {
  const auto subject = message.properties.find("Subject");
  return subject == message.properties.end() ? "" : TextOf(subject->second.xml);
}

// A message that the server writes to `to` in the name of somebody.
Item WrittenByServer(std::string_view name, std::string_view address, const Person& to, std::string_view subject,
                     std::string_view item_class, std::string_view body_type, std::string_view body) {
  Item message;
  message.kind = ItemKind::kMessage;
  message.mail.is_read = false;
  message.mail.sent_at = message.mail.received_at = Now();
  message.mail.message_id = fmt::format("<{:016x}@{}>", RandomNumber(), kDomain);
  message.properties["From"] = {MailboxXml("t:From", name, address), 1};
  message.properties["Sender"] = {MailboxXml("t:Sender", name, address), 1};
  message.properties["ToRecipients"] = {MailboxXml("t:ToRecipients", to.display_name, to.email), 1};
  SetText(message.properties, "ItemClass", item_class);
  SetText(message.properties, "Subject", subject);
  XmlWriter out;
  out.Open("t:Body").Attribute("BodyType", body_type).Text(body).Close();
  message.properties["Body"] = {out.Take(), 1};
  return message;
}

void ReportUndelivered(Store& store, Mailbox& sender, const Item& message, const std::string& address) {
  store.Deliver(sender, WrittenByServer("Microsoft Outlook", fmt::format("postmaster@{}", kDomain), sender.person,
                                        "Undeliverable: " + SubjectOf(message), "REPORT.IPM.Note.NDR", "Text",
                                        fmt::format("{} was not found at {}.", address, kDomain)));
}

void AnswerForAbsent(Store& store, Mailbox& absent, Mailbox& sender, const Item& message) {
  OutOfOffice& oof = absent.out_of_office;
  const bool away = oof.state == "Enabled" || (oof.state == "Scheduled" && oof.start <= Now() && Now() < oof.end);
  if (!away || sender.number == absent.number || !oof.answered.insert(sender.number).second) return;
  const Person& person = absent.person;
  store.Deliver(sender, WrittenByServer(person.display_name, person.email, sender.person,
                                        "Automatic reply: " + SubjectOf(message),
                                        "IPM.Note.Rules.OofTemplate.Microsoft", "HTML", oof.internal_reply));
}

// Lists may be on lists; `seen` ends a circle of them.
void AddMailboxesBehind(Store& store, const std::string& address, std::set<std::string>& seen,
                        std::set<uint64_t>& found) {
  if (!seen.insert(Lower(address)).second) return;
  if (const Mailbox* mailbox = store.FindMailbox(address)) {
    found.insert(mailbox->number);
    return;
  }
  const auto members = OfTheCompany(address) ? MembersOf(store, address) : std::nullopt;
  if (!members) return;
  for (const ListEntry& member : *members) AddMailboxesBehind(store, member.email, seen, found);
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

std::set<uint64_t> MailboxesBehind(Store& store, const std::string& address) {
  std::set<std::string> seen;
  std::set<uint64_t> found;
  AddMailboxesBehind(store, address, seen, found);
  return found;
}

void DeliverMail(Store& store, Mailbox& sender, const Item& message) {
  const Item sent = message;  // who writes to himself changes the mailbox that is read here
  std::set<uint64_t> reached;
  for (const std::string& address : RecipientsOf(sent)) {
    const auto behind = MailboxesBehind(store, address);
    if (behind.empty() && OfTheCompany(address)) ReportUndelivered(store, sender, sent, address);
    reached.insert(behind.begin(), behind.end());
  }
  for (const uint64_t number : reached) {
    Mailbox& mailbox = *store.MailboxByNumber(number);
    store.Deliver(mailbox, Received(sent, mailbox.person));
    AnswerForAbsent(store, mailbox, sender, sent);
  }
}

}  // namespace crosspoint::exchange_sim
