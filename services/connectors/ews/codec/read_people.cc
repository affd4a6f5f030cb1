#include <algorithm>
#include <array>
#include <utility>

#include "common/status/status.h"
#include "connectors/ews/codec/response_parts.h"

// Answers about people.
namespace crosspoint::ews {
namespace {

// "SMTP:a@b" (primary), "smtp:c@d" (alias) or a bare address of a personal contact; others (SIP, X500, …) are no mail.
struct ProxyAddress {
  std::string email;
  bool is_primary = false;
};

std::optional<ProxyAddress> ReadProxyAddress(const pugi::xml_node& entry) {
  const std::string text(Trim(TextOf(entry)));
  const std::string routing = AttributeOf(entry, "RoutingType");
  if (!routing.empty() && !EqualsIgnoringCase(routing, "SMTP")) return std::nullopt;
  const size_t colon = text.find(':');
  ProxyAddress address{.email = text};
  if (colon != text.npos) {
    if (!EqualsIgnoringCase(text.substr(0, colon), "SMTP")) return std::nullopt;
    address = {.email = text.substr(colon + 1), .is_primary = text.compare(0, 4, "SMTP") == 0};
  }
  if (address.email.find('@') == std::string::npos) return std::nullopt;
  return address;
}

void AddEmail(std::vector<std::string>& emails, const std::string& email) {
  const auto same = [&](const std::string& other) { return EqualsIgnoringCase(other, email); };
  if (std::none_of(emails.begin(), emails.end(), same)) emails.push_back(email);
}

void ReadEmails(const pugi::xml_node& contact, ResolvedName& name) {
  std::vector<ProxyAddress> addresses;
  for (const pugi::xml_node& entry : Child(contact, "EmailAddresses").children()) {
    if (auto address = ReadProxyAddress(entry)) addresses.push_back(std::move(*address));
  }
  std::stable_partition(addresses.begin(), addresses.end(), [](const auto& a) { return a.is_primary; });
  const bool told_primary = !addresses.empty() && addresses.front().is_primary;
  const bool is_smtp = EqualsIgnoringCase(name.mailbox.routing_type, "SMTP") && !name.mailbox.email.empty();
  // The mailbox part names the address that matched; the contact's own mark decides which one is primary.
  if (is_smtp && !told_primary) AddEmail(name.emails, name.mailbox.email);
  for (const auto& address : addresses) AddEmail(name.emails, address.email);
  if (is_smtp) AddEmail(name.emails, name.mailbox.email);
  if (!name.emails.empty() && (told_primary || !is_smtp)) {
    name.mailbox.email = name.emails.front();
    name.mailbox.routing_type = "SMTP";
  }
}

// A fact of a contact, or what its complete name says instead.
std::string TextOr(const pugi::xml_node& contact, std::string_view name, std::string_view part) {
  std::string text = ChildText(contact, name);
  return text.empty() ? ChildText(Child(contact, "CompleteName"), part) : text;
}

ResolvedName ReadResolution(const pugi::xml_node& resolution) {
  ResolvedName name;
  name.mailbox = ReadMailbox(Child(resolution, "Mailbox"));
  name.contact = ChildItemId(Child(resolution, "Mailbox"));
  const pugi::xml_node contact = Child(resolution, "Contact");
  if (name.contact.id.empty()) name.contact = ChildItemId(contact);
  name.contact_folder = ChildFolderId(contact, "ParentFolderId");
  name.display_name = ChildText(contact, "DisplayName");
  if (name.display_name.empty()) name.display_name = name.mailbox.name;
  name.given_name = TextOr(contact, "GivenName", "FirstName");
  name.surname = TextOr(contact, "Surname", "LastName");
  name.department = ChildText(contact, "Department");
  name.job_title = ChildText(contact, "JobTitle");
  name.company = ChildText(contact, "CompanyName");
  name.office = ChildText(contact, "OfficeLocation");
  name.alias = ChildText(contact, "Alias");
  name.directory_id = ChildText(contact, "DirectoryId");
  name.contact_source = ChildText(contact, "ContactSource");
  for (const pugi::xml_node& entry : Child(contact, "PhoneNumbers").children()) {
    Phone phone{AttributeOf(entry, "Key"), std::string(Trim(TextOf(entry)))};
    if (!phone.number.empty()) name.phones.push_back(std::move(phone));
  }
  ReadEmails(contact, name);
  return name;
}

// A list of values with the sources that each comes from; the first source wins.
std::string FirstValue(const pugi::xml_node& persona, std::string_view list) {
  for (const pugi::xml_node& entry : Child(persona, list).children()) {
    if (std::string text(Trim(ChildText(entry, "Value"))); !text.empty()) return text;
  }
  return {};
}

void AddPhone(std::vector<Phone>& phones, std::string kind, std::string_view number) {
  number = Trim(number);
  const auto same = [&](const Phone& phone) { return phone.number == number; };
  if (number.empty() || std::any_of(phones.begin(), phones.end(), same)) return;
  phones.push_back({std::move(kind), std::string(number)});
}

void ReadPersonaPhones(const pugi::xml_node& persona, std::vector<Phone>& phones) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kLists{
      {{"BusinessPhoneNumbers", "BusinessPhone"},
       {"MobilePhones", "MobilePhone"},
       {"HomePhones", "HomePhone"},
       {"BusinessPhoneNumbers2", "BusinessPhone2"},
       {"HomePhones2", "HomePhone2"},
       {"OtherTelephones", "OtherTelephone"},
       {"OrganizationMainPhones", "CompanyMainPhone"},
       {"WorkFaxes", "BusinessFax"}}};
  for (const auto& [list, kind] : kLists) {
    for (const pugi::xml_node& entry : Child(persona, list).children()) {
      AddPhone(phones, std::string(kind), ChildText(Child(entry, "Value"), "Number"));
    }
  }
  // The one number that a list of people shows.
  const pugi::xml_node shown = Child(persona, "PhoneNumber");
  const std::string type(Trim(ChildText(shown, "Type")));
  AddPhone(phones,
           type == "Mobile" ? "MobilePhone"
           : type == "Home" ? "HomePhone"
                            : "BusinessPhone",
           ChildText(shown, "Number"));
}

void ReadPersonaEmails(const pugi::xml_node& persona, std::vector<std::string>& emails) {
  const auto add = [&](const pugi::xml_node& address) {
    const Mailbox mailbox = ReadMailbox(address);
    if (EqualsIgnoringCase(mailbox.routing_type, "SMTP") && mailbox.email.find('@') != std::string::npos) {
      AddEmail(emails, mailbox.email);
    }
  };
  add(Child(persona, "EmailAddress"));
  // Called Address by the schema, EmailAddress by servers.
  for (const pugi::xml_node& address : Child(persona, "EmailAddresses").children()) add(address);
}

Person ReadPersona(const pugi::xml_node& persona) {
  Person person{.id = ChildItemId(persona, "PersonaId").id,
                .type = ChildText(persona, "PersonaType"),
                .display_name = ChildText(persona, "DisplayName"),
                .given_name = ChildText(persona, "GivenName"),
                .surname = ChildText(persona, "Surname"),
                .emails = {},
                .phones = {},
                .department = FirstValue(persona, "Departments"),
                .job_title = FirstValue(persona, "Titles"),
                .company = ChildText(persona, "CompanyName"),
                .office = FirstValue(persona, "OfficeLocations"),
                .im_address = ChildText(persona, "ImAddress")};
  if (person.department.empty()) person.department = ChildText(persona, "Department");
  if (person.job_title.empty()) person.job_title = ChildText(persona, "Title");
  if (person.company.empty()) person.company = FirstValue(persona, "CompanyNames");
  ReadPersonaEmails(persona, person.emails);
  ReadPersonaPhones(persona, person.phones);
  return person;
}

}  // namespace

absl::StatusOr<ResolvedNames> ReadResolveNames(std::string_view xml, const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Messages messages, ParseMessages(xml, "ResolveNamesResponse", limits));
  const absl::Status status = StatusOfMessage(messages.all.front());
  // "Nothing found" comes as an error, "several found" as a warning.
  if (ResponseCodeOf(status) == "ErrorNameResolutionNoResults") return ResolvedNames{};
  CROSSPOINT_RETURN_IF_ERROR(status);
  const pugi::xml_node set = Child(messages.all.front(), "ResolutionSet");
  ResolvedNames names;
  for (const pugi::xml_node& resolution : set.children()) {
    if (LocalName(resolution) == "Resolution") names.candidates.push_back(ReadResolution(resolution));
  }
  names.includes_last = ParseBool(AttributeOf(set, "IncludesLastItemInRange")).value_or(true);
  return names;
}

absl::StatusOr<PeoplePage> ReadFindPeople(std::string_view xml, const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Envelope envelope, ParseBare(xml, "FindPeopleResponse", limits));
  CROSSPOINT_RETURN_IF_ERROR(StatusOfMessage(envelope.content()));
  PeoplePage page;
  for (const pugi::xml_node& persona : Child(envelope.content(), "People").children()) {
    if (LocalName(persona) == "Persona") page.people.push_back(ReadPersona(persona));
  }
  page.end.total = ChildInt(envelope.content(), "TotalNumberOfPeopleInView");
  return page;
}

absl::StatusOr<DistributionList> ReadExpandDl(std::string_view xml, const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Messages messages, ParseSingle(xml, "ExpandDLResponse", limits));
  const pugi::xml_node expansion = Child(messages.all.front(), "DLExpansion");
  DistributionList list;
  for (const pugi::xml_node& mailbox : expansion.children()) {
    if (LocalName(mailbox) == "Mailbox") list.members.push_back(ReadMailbox(mailbox));
  }
  list.includes_last = ParseBool(AttributeOf(expansion, "IncludesLastItemInRange")).value_or(true);
  return list;
}

}  // namespace crosspoint::ews
