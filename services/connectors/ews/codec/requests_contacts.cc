#include "connectors/ews/codec/requests_contacts.h"

#include <algorithm>

#include "connectors/ews/codec/names.h"
#include "connectors/ews/soap/text.h"

namespace crosspoint::ews {
namespace {

// A dictionary cannot be asked for as a whole in FindItem: each entry is asked for by name.
std::vector<IndexedField> Entries() {
  std::vector<IndexedField> entries;
  for (const std::string_view key : kEmailKeys) entries.push_back({"contacts:EmailAddress", key});
  // Servers before 2016 do not know the newer kinds, and refuse the whole request.
  for (const std::string_view kind : kAskedPhoneKinds) entries.push_back({"contacts:PhoneNumber", kind});
  for (const std::string_view key : kImKeys) entries.push_back({"contacts:ImAddress", key});
  for (const auto& [kind, key] : kAddressNames) {
    for (const std::string_view part : kAddressPartUris) entries.push_back({part, key});
  }
  return entries;
}

ItemShape MakeListed() {
  return {.fields = {"item:ParentFolderId", "item:ItemClass", "item:Sensitivity", "item:Categories",
                     "item:DateTimeCreated", "item:LastModifiedTime", "contacts:FileAs", "contacts:DisplayName",
                     "contacts:GivenName", "contacts:MiddleName", "contacts:Surname", "contacts:Nickname",
                     "contacts:CompanyName", "contacts:Department", "contacts:JobTitle", "contacts:OfficeLocation",
                     "contacts:Birthday", "contacts:HasPicture"},
          .entries = Entries()};
}

ItemShape MakeWhole(Detail detail) {
  ItemShape shape = MakeListed();
  shape.fields.push_back("item:Attachments");
  if (detail == Detail::kFactsAndBody) {
    shape.fields.push_back("item:Body");
    shape.body_type = "Text";
  }
  return shape;
}

// Middle of the day: it is the same date wherever it is read. Exchange itself writes it so.
std::string BirthdayText(const Date& date) { return FormatDate(date) + "T11:59:00Z"; }

void WriteText(XmlWriter& xml, std::string_view element, const std::string& text) {
  if (!text.empty()) xml.Text(element, text);
}

void WriteEmail(XmlWriter& xml, std::string_view key, const ContactEmail& email) {
  const std::string_view routing = email.routing_type.empty() ? "SMTP" : std::string_view(email.routing_type);
  if (email.name.empty()) {
    xml.Text("t:Entry", email.address, {{"Key", key}, {"RoutingType", routing}});
  } else {
    xml.Text("t:Entry", email.address, {{"Key", key}, {"Name", email.name}, {"RoutingType", routing}});
  }
}

// Street, city, … in the order of kAddressPartUris.
std::array<const std::string*, 5> PartsOf(const PostalAddress& address) {
  return {&address.street, &address.city, &address.state, &address.country, &address.postal_code};
}
constexpr std::array<std::string_view, 5> kAddressPartElements{"t:Street", "t:City", "t:State", "t:CountryOrRegion",
                                                               "t:PostalCode"};

void WriteEmails(XmlWriter& xml, const std::array<ContactEmail, kContactEmails>& emails) {
  if (std::all_of(emails.begin(), emails.end(), [](const auto& email) { return email.address.empty(); })) return;
  xml.Open("t:EmailAddresses");
  for (size_t i = 0; i < emails.size(); ++i) {
    if (!emails[i].address.empty()) WriteEmail(xml, kEmailKeys[i], emails[i]);
  }
  xml.Close();
}

void WriteAddresses(XmlWriter& xml, const std::vector<PostalAddress>& addresses) {
  if (addresses.empty()) return;
  xml.Open("t:PhysicalAddresses");
  for (const PostalAddress& address : addresses) {
    xml.Open("t:Entry", {{"Key", NameOf(kAddressNames, address.kind)}});
    const auto parts = PartsOf(address);
    for (size_t i = 0; i < parts.size(); ++i) WriteText(xml, kAddressPartElements[i], *parts[i]);
    xml.Close();
  }
  xml.Close();
}

void WritePhones(XmlWriter& xml, const std::vector<Phone>& phones) {
  if (phones.empty()) return;
  xml.Open("t:PhoneNumbers");
  for (const Phone& phone : phones) xml.Text("t:Entry", phone.number, {{"Key", phone.kind}});
  xml.Close();
}

void WriteImAddresses(XmlWriter& xml, const std::array<std::string, kContactImAddresses>& addresses) {
  if (std::all_of(addresses.begin(), addresses.end(), [](const auto& address) { return address.empty(); })) return;
  xml.Open("t:ImAddresses");
  for (size_t i = 0; i < addresses.size(); ++i) {
    if (!addresses[i].empty()) xml.Text("t:Entry", addresses[i], {{"Key", kImKeys[i]}});
  }
  xml.Close();
}

void WriteDraft(XmlWriter& xml, const ContactDraft& draft) {
  xml.Open("t:Contact").Text("t:Sensitivity", NameOf(kSensitivityNames, draft.sensitivity));
  if (draft.notes) WriteBody(xml, *draft.notes);
  WriteCategories(xml, draft.categories);
  for (const ExtendedProperty& property : draft.extended_properties) WriteProperty(xml, property);
  WriteText(xml, "t:FileAs", draft.file_as);
  WriteText(xml, "t:DisplayName", draft.display_name);
  WriteText(xml, "t:GivenName", draft.given_name);
  WriteText(xml, "t:MiddleName", draft.middle_name);
  WriteText(xml, "t:Nickname", draft.nickname);
  WriteText(xml, "t:CompanyName", draft.company);
  WriteEmails(xml, draft.emails);
  WriteAddresses(xml, draft.addresses);
  WritePhones(xml, draft.phones);
  if (draft.birthday) xml.Text("t:Birthday", BirthdayText(*draft.birthday));
  WriteText(xml, "t:Department", draft.department);
  WriteImAddresses(xml, draft.im_addresses);
  WriteText(xml, "t:JobTitle", draft.job_title);
  WriteText(xml, "t:OfficeLocation", draft.office);
  WriteText(xml, "t:Surname", draft.surname);
  xml.Close();
}

void ChangeTexts(ChangeWriter& change, const ContactUpdate& update) {
  const auto text = [&](std::string_view uri, std::string_view element, const std::optional<std::string>& value) {
    if (!value) return;
    value->empty() ? change.Delete(uri) : change.Text(uri, element, *value);
  };
  text("contacts:FileAs", "t:FileAs", update.file_as);
  text("contacts:DisplayName", "t:DisplayName", update.display_name);
  text("contacts:GivenName", "t:GivenName", update.given_name);
  text("contacts:MiddleName", "t:MiddleName", update.middle_name);
  text("contacts:Surname", "t:Surname", update.surname);
  text("contacts:Nickname", "t:Nickname", update.nickname);
  text("contacts:CompanyName", "t:CompanyName", update.company);
  text("contacts:Department", "t:Department", update.department);
  text("contacts:JobTitle", "t:JobTitle", update.job_title);
  text("contacts:OfficeLocation", "t:OfficeLocation", update.office);
}

// Sets one entry of a dictionary, or deletes it when `value` is empty.
template <class WriteEntry>
void ChangeEntry(XmlWriter& xml, ChangeWriter& change, std::string_view uri, std::string_view dictionary,
                 std::string_view key, const std::string& value, const WriteEntry& write_entry) {
  if (value.empty()) {
    change.DeleteEntry(uri, key);
    return;
  }
  change.SetEntry(uri, key, [&] {
    xml.Open(dictionary);
    write_entry();
    xml.Close();
  });
}

void ChangeEntries(XmlWriter& xml, ChangeWriter& change, const ContactUpdate& update) {
  for (size_t i = 0; i < update.emails.size(); ++i) {
    if (!update.emails[i]) continue;
    ChangeEntry(xml, change, "contacts:EmailAddress", "t:EmailAddresses", kEmailKeys[i], update.emails[i]->address,
                [&] { WriteEmail(xml, kEmailKeys[i], *update.emails[i]); });
  }
  for (const Phone& phone : update.phones) {
    ChangeEntry(xml, change, "contacts:PhoneNumber", "t:PhoneNumbers", phone.kind, phone.number, [&] {
      xml.Text("t:Entry", phone.number, {{"Key", phone.kind}});
    });
  }
  for (size_t i = 0; i < update.im_addresses.size(); ++i) {
    if (!update.im_addresses[i]) continue;
    ChangeEntry(xml, change, "contacts:ImAddress", "t:ImAddresses", kImKeys[i], *update.im_addresses[i], [&] {
      xml.Text("t:Entry", *update.im_addresses[i], {{"Key", kImKeys[i]}});
    });
  }
  for (const PostalAddress& address : update.addresses) {
    const std::string_view key = NameOf(kAddressNames, address.kind);
    const auto parts = PartsOf(address);
    for (size_t i = 0; i < parts.size(); ++i) {
      ChangeEntry(xml, change, kAddressPartUris[i], "t:PhysicalAddresses", key, *parts[i], [&] {
        xml.Open("t:Entry", {{"Key", key}}).Text(kAddressPartElements[i], *parts[i]).Close();
      });
    }
  }
}

void WriteChanges(XmlWriter& xml, const ContactUpdate& update) {
  ChangeWriter change(xml, "t:Contact");
  if (update.sensitivity) {
    change.Text("item:Sensitivity", "t:Sensitivity", NameOf(kSensitivityNames, *update.sensitivity));
  }
  if (update.notes && update.notes->text.empty()) {
    change.Delete("item:Body");
  } else if (update.notes) {
    change.Set("item:Body", [&] { WriteBody(xml, *update.notes); });
  }
  if (update.categories) ChangeCategories(xml, change, *update.categories);
  for (const ExtendedProperty& property : update.set_properties) change.SetProperty(property);
  for (const PropertyPath& path : update.delete_properties) change.DeleteProperty(path);
  ChangeTexts(change, update);
  ChangeEntries(xml, change, update);
  if (update.birthday && *update.birthday == Date{}) {
    change.Delete("contacts:Birthday");
  } else if (update.birthday) {
    change.Text("contacts:Birthday", "t:Birthday", BirthdayText(*update.birthday));
  }
}

}  // namespace

const ItemShape& ListedContact() {
  static const auto& shape = *new ItemShape(MakeListed());
  return shape;
}

const ItemShape& WholeContact(Detail detail) {
  static const auto& facts = *new ItemShape(MakeWhole(Detail::kFacts));
  static const auto& with_notes = *new ItemShape(MakeWhole(Detail::kFactsAndBody));
  return detail == Detail::kFacts ? facts : with_notes;
}

std::string WriteCreateContact(const RequestHeader& header, const ContactDraft& draft, const FolderRef& folder) {
  return WriteEnvelope(header, TakesTimeZone::kYes, [&](XmlWriter& xml) {
    xml.Open("m:CreateItem").Open("m:SavedItemFolderId");
    WriteFolderRef(xml, folder);
    xml.Close().Open("m:Items");
    WriteDraft(xml, draft);
    xml.Close().Close();
  });
}

std::string WriteUpdateContact(const RequestHeader& header, const ItemId& id, const ContactUpdate& update) {
  return WriteItemUpdate(header, id, [&](XmlWriter& xml) { WriteChanges(xml, update); });
}

bool ContactUpdate::empty() const {
  const auto is_set = [](const auto& entry) { return entry.has_value(); };
  return !(file_as || display_name || given_name || middle_name || surname || nickname || company || department ||
           job_title || office || categories || notes || birthday || sensitivity) &&
         std::none_of(emails.begin(), emails.end(), is_set) && phones.empty() && addresses.empty() &&
         std::none_of(im_addresses.begin(), im_addresses.end(), is_set) && set_properties.empty() &&
         delete_properties.empty();
}

bool IsPhoneKind(std::string_view kind) {
  return std::find(kPhoneKinds.begin(), kPhoneKinds.end(), kind) != kPhoneKinds.end();
}

}  // namespace crosspoint::ews
