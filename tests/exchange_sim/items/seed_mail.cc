#include <array>

#include "exchange_sim/items/delivery.h"
#include "exchange_sim/items/seed.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr Seconds kHour = 3600;

struct Acquaintance {
  std::string_view given;
  std::string_view surname;
  std::string_view company;
  std::string_view title;
  std::string_view domain;
  int number;  // of the telephones, in ranges kept for fiction
};
// Names that nobody of the company has, so that a search of people is not disturbed.
constexpr std::array<Acquaintance, 8> kAcquaintances = {{
    {"Quentin", "Ahornfeld", "Nordlicht GmbH", "Buyer", "nordlicht.example", 501},
    {"Zita", "Overkamp", "Nordlicht GmbH", "Head of Sales", "nordlicht.example", 502},
    {"Ynez", "Delacroix", "Atelier Bleu", "Architect", "atelier-bleu.example", 503},
    {"Ruprecht", "Zschau", "Zschau & Soehne", "Owner", "zschau.example", 504},
    {"Solveig", "Ekdal", "Fjord Logistics", "Dispatcher", "fjord.example", 505},
    {"Thaddeus", "Quill", "Quill Advisers", "Partner", "quill.example", 506},
    {"Ottilie", "Immergruen", "Immergruen KG", "Accountant", "immergruen.example", 507},
    {"Vasco", "Ubaldini", "Ubaldini SpA", "Engineer", "ubaldini.example", 508},
}};

void SetEntry(Item& item, std::string_view dictionary, std::string_view key, std::string_view text) {
  XmlWriter out;
  out.Open("t:Entry").Attribute("Key", key);
  if (dictionary == "EmailAddresses") {
    out.Attribute("Name", text).Attribute("RoutingType", "SMTP").Attribute("MailboxType", "Contact");
  }
  out.Text(text).Close();
  item.properties[fmt::format("{}/{}", dictionary, key)] = {out.Take(), 1};
}

Item Contact(const Acquaintance& who, Seconds at) {
  Item item;
  item.kind = ItemKind::kContact;
  item.created_at = at;
  const std::string name = fmt::format("{} {}", who.given, who.surname);
  SetText(item.properties, "GivenName", who.given);
  SetText(item.properties, "Surname", who.surname);
  SetText(item.properties, "DisplayName", name);
  SetText(item.properties, "Subject", name);
  SetText(item.properties, "FileAs", fmt::format("{}, {}", who.surname, who.given));
  SetText(item.properties, "CompanyName", who.company);
  SetText(item.properties, "JobTitle", who.title);
  SetEntry(item, "EmailAddresses", "EmailAddress1",
           fmt::format("{}.{}@{}", Lower(who.given), Lower(who.surname), who.domain));
  SetEntry(item, "PhoneNumbers", "BusinessPhone", fmt::format("+49 40 66969 {}", who.number));
  if (who.number % 2 == 0) SetEntry(item, "PhoneNumbers", "MobilePhone", fmt::format("+49 1579 2305{}", who.number));
  return item;
}

Item Message(const Mailbox& mailbox, std::string_view from_name, std::string_view from, std::string_view subject,
             std::string_view text, Seconds at) {
  Item item;
  item.kind = ItemKind::kMessage;
  item.created_at = item.mail.received_at = item.mail.sent_at = at;
  item.mail.message_id = fmt::format("<{:016x}@seed.{}>", Hash(subject, mailbox.number), kDomain);
  SetText(item.properties, "Subject", subject);
  XmlWriter body;
  body.Open("t:Body").Attribute("BodyType", "Text").Text(text).Close();
  item.properties["Body"] = {body.Take(), 1};
  item.properties["From"] = {MailboxXml("t:From", from_name, from), 1};
  item.properties["Sender"] = {MailboxXml("t:Sender", from_name, from), 1};
  item.properties["ToRecipients"] = {MailboxXml("t:ToRecipients", mailbox.person.display_name, mailbox.person.email),
                                     1};
  return item;
}

}  // namespace

std::vector<Item> SeedContacts(const Mailbox& mailbox, uint64_t seed, Seconds now) {
  uint64_t random = Hash("contacts" + mailbox.person.email, seed);
  const size_t first = NextRandom(random) % kAcquaintances.size();
  std::vector<Item> items;
  for (size_t i = 0; i < 3; ++i) {
    const Acquaintance& who = kAcquaintances[(first + i) % kAcquaintances.size()];
    items.push_back(Contact(who, now - static_cast<Seconds>(i + 1) * 100 * kHour));
  }
  return items;
}

std::vector<Item> SeedPublicContacts(Seconds now) {
  constexpr std::array<Acquaintance, 3> kShared = {{
      {"Reception", "Fireproof", "Fireproof Services", "Emergency desk", "fireproof.example", 601},
      {"Ludovica", "Gandolfi", "Gandolfi Catering", "Catering", "gandolfi.example", 602},
      {"Desk", "Travelwise", "Travelwise", "Travel agency", "travelwise.example", 603},
  }};
  std::vector<Item> items;
  for (const Acquaintance& who : kShared) items.push_back(Contact(who, now - 1000 * kHour));
  return items;
}

std::vector<Item> SeedMail(const Mailbox& mailbox, const Person& colleague, uint64_t seed, Seconds now) {
  uint64_t random = Hash("mail" + mailbox.person.email, seed);
  const Seconds at = now - static_cast<Seconds>(NextRandom(random) % 20 + 4) * kHour;
  std::vector<Item> items;
  items.push_back(Message(mailbox, colleague.display_name, colleague.email, "Welcome to Corp Example",
                          "Your mailbox is ready.", at - 700 * kHour));
  items.push_back(Message(mailbox, "IT Service", "it@corp.example", "Maintenance on Sunday",
                          "The file server is not available on Sunday from 8 to 10.", at - 40 * kHour));
  items.push_back(Message(mailbox, "Zita Overkamp", "zita.overkamp@nordlicht.example", "Offer 4711",
                          "Please find the offer on our page.\nKind regards", at));
  items.back().mail.is_read = false;
  return items;
}

}  // namespace crosspoint::exchange_sim
