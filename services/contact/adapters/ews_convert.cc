#include "contact/adapters/ews_convert.h"

#include <algorithm>
#include <utility>

#include "connectors/ews/properties.h"
#include "contact/domain/mailbox_card.h"

namespace crosspoint::contact {
namespace {

constexpr size_t kMaxText = 256;
constexpr size_t kMaxNamePart = 128;
constexpr size_t kMaxNumber = 64;

// In the order of PhonePlaces.
constexpr std::pair<std::string_view, std::string_view> kPhoneKinds[] = {{"business", "BusinessPhone"},
                                                                         {"business 2", "BusinessPhone2"},
                                                                         {"mobile", "MobilePhone"},
                                                                         {"home", "HomePhone"},
                                                                         {"home 2", "HomePhone2"},
                                                                         {"company", "CompanyMainPhone"},
                                                                         {"other", "OtherTelephone"},
                                                                         {"primary", "PrimaryPhone"},
                                                                         {"assistant", "AssistantPhone"},
                                                                         {"callback", "Callback"},
                                                                         {"car", "CarPhone"},
                                                                         {"radio", "RadioPhone"},
                                                                         {"pager", "Pager"},
                                                                         {"telex", "Telex"},
                                                                         {"isdn", "Isdn"},
                                                                         {"tty", "TtyTddPhone"},
                                                                         {"home fax", "HomeFax"},
                                                                         {"business fax", "BusinessFax"},
                                                                         {"other fax", "OtherFax"}};

constexpr std::pair<std::string_view, ews::PostalAddress::Kind> kAddressKinds[] = {
    {"business", ews::PostalAddress::Kind::kBusiness},
    {"home", ews::PostalAddress::Kind::kHome},
    {"other", ews::PostalAddress::Kind::kOther}};

// Cut between characters.
std::string Fit(const std::string& text, size_t most) {
  if (text.size() <= most) return text;
  size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

std::string NumberAt(const Facts& card, std::string_view place) {
  const auto at = std::ranges::find(card.phones, place, &Phone::label);
  return at == card.phones.end() ? "" : at->number;
}

ews::PostalAddress AddressAt(const Facts& card, std::string_view place, ews::PostalAddress::Kind kind) {
  ews::PostalAddress out{.kind = kind};
  const auto at = std::ranges::find(card.addresses, place, &Address::label);
  if (at == card.addresses.end()) return out;
  out.street = at->street;
  out.city = at->city;
  out.state = at->region;
  out.country = at->country;
  out.postal_code = at->postal_code;
  return out;
}

std::string EmailAt(const Facts& card, size_t place) {
  return place < card.emails.size() ? card.emails[place] : std::string();
}

}  // namespace

MailboxItem ItemFrom(const ews::Contact& contact) {
  MailboxItem item{.id = contact.id.id, .change_key = contact.id.change_key};
  item.contact = contact.Get(ews::CrosspointIdPath());
  if (contact.last_modified) item.modified_us = contact.last_modified->time_since_epoch().count();
  auto& card = item.card;
  card.display_name = Fit(contact.display_name.empty() ? contact.file_as : contact.display_name, kMaxText);
  card.given_name = Fit(contact.given_name, kMaxNamePart);
  card.family_name = Fit(contact.surname, kMaxNamePart);
  card.company = Fit(contact.company, kMaxText);
  card.job_title = Fit(contact.job_title, kMaxText);
  for (const auto& email : contact.emails) {
    const bool smtp = email.routing_type.empty() || email.routing_type == "SMTP";
    if (smtp && !email.address.empty()) card.emails.push_back(Fit(email.address, kMaxText - 2));
  }
  for (const auto& [place, kind] : kPhoneKinds) {
    const auto at = std::ranges::find(contact.phones, kind, &ews::Phone::kind);
    if (at == contact.phones.end() || at->number.empty()) continue;
    card.phones.push_back(
        {.label = std::string(place), .number = Fit(at->number, kMaxNumber), .e164 = "", .extension = ""});
  }
  for (const auto& [place, kind] : kAddressKinds) {
    const auto at = std::ranges::find(contact.addresses, kind, &ews::PostalAddress::kind);
    if (at == contact.addresses.end()) continue;
    card.addresses.push_back({.label = std::string(place),
                              .street = Fit(at->street, kMaxText),
                              .city = Fit(at->city, kMaxText),
                              .region = Fit(at->state, kMaxText),
                              .postal_code = Fit(at->postal_code, kMaxText),
                              .country = Fit(at->country, kMaxText)});
  }
  return item;
}

ews::ContactDraft DraftOf(const std::string& contact, const Facts& card) {
  ews::ContactDraft draft;
  draft.file_as = card.display_name;  // what Outlook lists it by
  draft.display_name = card.display_name;
  draft.given_name = card.given_name;
  draft.surname = card.family_name;
  draft.company = card.company;
  draft.job_title = card.job_title;
  for (size_t i = 0; i < ews::kContactEmails; ++i) draft.emails[i].address = EmailAt(card, i);
  for (const auto& [place, kind] : kPhoneKinds) {
    if (auto number = NumberAt(card, place); !number.empty()) {
      draft.phones.push_back({std::string(kind), std::move(number)});
    }
  }
  for (const auto& [place, kind] : kAddressKinds) {
    if (auto address = AddressAt(card, place, kind); address != ews::PostalAddress{.kind = kind}) {
      draft.addresses.push_back(std::move(address));
    }
  }
  draft.extended_properties.push_back({ews::CrosspointIdPath(), contact});
  return draft;
}

ews::ContactUpdate UpdateOf(const Facts& there, const Facts& card) {
  ews::ContactUpdate update;
  const auto text = [](const std::string& before, const std::string& now, std::optional<std::string>& field) {
    if (before != now) field = now;
  };
  text(there.display_name, card.display_name, update.display_name);
  update.file_as = update.display_name;
  text(there.given_name, card.given_name, update.given_name);
  text(there.family_name, card.family_name, update.surname);
  text(there.company, card.company, update.company);
  text(there.job_title, card.job_title, update.job_title);
  if (there.emails != card.emails) {
    for (size_t i = 0; i < ews::kContactEmails; ++i) update.emails[i] = ews::ContactEmail{.address = EmailAt(card, i)};
  }
  for (const auto& [place, kind] : kPhoneKinds) {
    auto number = NumberAt(card, place);
    if (NumberAt(there, place) != number) update.phones.push_back({std::string(kind), std::move(number)});
  }
  for (const auto& [place, kind] : kAddressKinds) {
    auto address = AddressAt(card, place, kind);
    if (AddressAt(there, place, kind) != address) update.addresses.push_back(std::move(address));
  }
  return update;
}

}  // namespace crosspoint::contact
