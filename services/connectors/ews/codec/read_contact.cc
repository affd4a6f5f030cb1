#include "connectors/ews/codec/read_contact.h"

#include <algorithm>
#include <chrono>

#include "connectors/ews/codec/read_item.h"
#include "connectors/ews/codec/response_parts.h"

namespace crosspoint::ews {
namespace {

// Every entry of a dictionary that has a text, with its key; some servers write the dictionary more than once.
template <class Take>
void ForEachEntry(const pugi::xml_node& contact, std::string_view dictionary, const Take& take) {
  for (const pugi::xml_node& list : contact.children()) {
    if (LocalName(list) != dictionary) continue;
    for (const pugi::xml_node& entry : list.children()) {
      if (LocalName(entry) == "Entry") take(entry, AttributeOf(entry, "Key"));
    }
  }
}

// Place of the key, or the first free place when the server does not say one.
template <class Keys, class IsFree>
std::optional<size_t> PlaceOf(const Keys& keys, const std::string& key, const IsFree& is_free) {
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i] == key || (key.empty() && is_free(i))) return i;
  }
  return std::nullopt;
}

void ReadEmails(const pugi::xml_node& contact, Contact& read) {
  ForEachEntry(contact, "EmailAddresses", [&](const pugi::xml_node& entry, const std::string& key) {
    std::string address(Trim(TextOf(entry)));
    if (EqualsIgnoringCase(std::string_view(address).substr(0, 5), "smtp:")) address.erase(0, 5);
    const auto place = PlaceOf(kEmailKeys, key, [&](size_t i) { return read.emails[i].address.empty(); });
    if (!place || address.empty() || !read.emails[*place].address.empty()) return;
    read.emails[*place] = {std::move(address), AttributeOf(entry, "Name"), AttributeOf(entry, "RoutingType")};
  });
}

void ReadPhones(const pugi::xml_node& contact, Contact& read) {
  ForEachEntry(contact, "PhoneNumbers", [&](const pugi::xml_node& entry, const std::string& key) {
    std::string number(Trim(TextOf(entry)));
    const bool known =
        std::any_of(read.phones.begin(), read.phones.end(), [&](const Phone& phone) { return phone.kind == key; });
    if (!number.empty() && !known) read.phones.push_back({key, std::move(number)});
  });
}

void ReadAddresses(const pugi::xml_node& contact, Contact& read) {
  ForEachEntry(contact, "PhysicalAddresses", [&](const pugi::xml_node& entry, const std::string& key) {
    const auto kind = FromName(kAddressNames, key);
    PostalAddress address{.kind = kind.value_or(PostalAddress::Kind::kOther),
                          .street = ChildText(entry, "Street"),
                          .city = ChildText(entry, "City"),
                          .state = ChildText(entry, "State"),
                          .country = ChildText(entry, "CountryOrRegion"),
                          .postal_code = ChildText(entry, "PostalCode")};
    if (address != PostalAddress{.kind = address.kind}) read.addresses.push_back(std::move(address));
  });
}

void ReadImAddresses(const pugi::xml_node& contact, Contact& read) {
  ForEachEntry(contact, "ImAddresses", [&](const pugi::xml_node& entry, const std::string& key) {
    const auto place = PlaceOf(kImKeys, key, [&](size_t i) { return read.im_addresses[i].empty(); });
    if (place && read.im_addresses[*place].empty()) read.im_addresses[*place] = Trim(TextOf(entry));
  });
}

// Programs keep a birthday as midnight where they run, written in UTC, or as the middle of the day: the midnight in UTC
// nearest to it tells the day. A date, or a time of another zone, means the day as written.
std::optional<Date> ReadBirthday(std::string_view text) {
  text = Trim(text);
  if (text.empty() || text.back() != 'Z' || text.find('T') == text.npos) return ParseDate(text);
  const auto time = ParseDateTime(text);
  if (!time) return std::nullopt;
  const std::chrono::year_month_day day(
      std::chrono::floor<std::chrono::days>(*time + std::chrono::hours(12) - std::chrono::microseconds(1)));
  return Date{static_cast<int>(day.year()), static_cast<int>(static_cast<unsigned>(day.month())),
              static_cast<int>(static_cast<unsigned>(day.day()))};
}

void ReadNames(const pugi::xml_node& contact, Contact& read) {
  read.file_as = ChildText(contact, "FileAs");
  read.display_name = ChildText(contact, "DisplayName");
  read.given_name = ChildText(contact, "GivenName");
  read.middle_name = ChildText(contact, "MiddleName");
  read.surname = ChildText(contact, "Surname");
  read.nickname = ChildText(contact, "Nickname");
  const pugi::xml_node complete = Child(contact, "CompleteName");
  if (read.given_name.empty()) read.given_name = ChildText(complete, "FirstName");
  if (read.middle_name.empty()) read.middle_name = ChildText(complete, "MiddleName");
  if (read.surname.empty()) read.surname = ChildText(complete, "LastName");
}

Contact ReadContact(const pugi::xml_node& contact) {
  Contact read;
  read.id = ChildItemId(contact);
  read.parent_folder = ChildFolderId(contact, "ParentFolderId");
  read.item_class = ChildText(contact, "ItemClass");
  ReadNames(contact, read);
  read.company = ChildText(contact, "CompanyName");
  read.department = ChildText(contact, "Department");
  read.job_title = ChildText(contact, "JobTitle");
  read.office = ChildText(contact, "OfficeLocation");
  ReadEmails(contact, read);
  ReadPhones(contact, read);
  ReadAddresses(contact, read);
  ReadImAddresses(contact, read);
  read.categories = ReadStrings(Child(contact, "Categories"));
  read.notes = ReadBody(Child(contact, "Body"));
  read.birthday = ReadBirthday(ChildText(contact, "Birthday"));
  read.sensitivity = ChildEnum(contact, "Sensitivity", kSensitivityNames, Sensitivity::kNormal);
  read.created = ChildTime(contact, "DateTimeCreated");
  read.last_modified = ChildTime(contact, "LastModifiedTime");
  read.has_picture = ChildBool(contact, "HasPicture").value_or(false);
  read.attachments = ReadAttachmentInfos(Child(contact, "Attachments"));
  read.extended_properties = ReadProperties(contact);
  return read;
}

// Groups stand in the same folders.
std::optional<Contact> ReadIfContact(const pugi::xml_node& item) {
  if (LocalName(item) != "Contact" && LocalName(item) != "DistributionList") return std::nullopt;
  return ReadContact(item);
}

}  // namespace

absl::StatusOr<ItemPage<Contact>> ReadFindContacts(std::string_view xml, int offset, const XmlLimits& limits) {
  return ReadItemPage<Contact>(xml, offset, limits, ReadIfContact);
}

absl::StatusOr<Batch<Contact>> ReadGetContacts(std::string_view xml, const XmlLimits& limits) {
  return ReadItems<Contact>(xml, limits, ReadContact);
}

absl::StatusOr<ItemChanges<Contact>> ReadSyncContacts(std::string_view xml, const XmlLimits& limits) {
  return ReadItemChanges<Contact>(xml, limits, ReadIfContact);
}

}  // namespace crosspoint::ews
