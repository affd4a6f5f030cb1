#include <algorithm>
#include <functional>

#include "common/status/status.h"
#include "exchange_sim/call.h"
#include "exchange_sim/distribution_lists.h"
#include "exchange_sim/error.h"
#include "exchange_sim/items/item_values.h"
#include "fmt/format.h"

// Whom the address list and folders of contacts know.
namespace crosspoint::exchange_sim {
namespace {

constexpr size_t kMaxPage = 1000;

// A person of the address list, or a contact of a folder.
struct Persona {
  std::string id;
  std::string type = "Person";
  std::string display_name;
  std::string given_name;
  std::string surname;
  std::string company;
  std::string department;
  std::string job_title;
  std::string office;
  std::vector<std::string> emails;
  std::string business_phone;
  std::string mobile_phone;
  std::string home_phone;
};

Persona FromPerson(const Mailbox& mailbox) {
  const Person& person = mailbox.person;
  Persona persona{.id = FormatId({mailbox.number, EntityId::Kind::kPersona, 0, 0}),
                  .display_name = person.display_name,
                  .given_name = person.given_name,
                  .surname = person.surname,
                  .company = person.company,
                  .department = person.department,
                  .job_title = person.job_title,
                  .office = person.office,
                  .emails = {person.email},
                  .business_phone = person.business_phone,
                  .mobile_phone = person.mobile_phone,
                  .home_phone = person.home_phone};
  return persona;
}

Persona FromContact(const ItemView& view) {
  Persona persona{.id = view.Id(),
                  .display_name = view.PropertyText("DisplayName"),
                  .given_name = view.PropertyText("GivenName"),
                  .surname = view.PropertyText("Surname"),
                  .company = view.PropertyText("CompanyName"),
                  .department = view.PropertyText("Department"),
                  .job_title = view.PropertyText("JobTitle"),
                  .office = view.PropertyText("OfficeLocation"),
                  .emails = {},
                  .business_phone = view.PropertyText("PhoneNumbers/BusinessPhone"),
                  .mobile_phone = view.PropertyText("PhoneNumbers/MobilePhone"),
                  .home_phone = view.PropertyText("PhoneNumbers/HomePhone")};
  for (const char* key : {"EmailAddress1", "EmailAddress2", "EmailAddress3"}) {
    const std::string email = view.PropertyText(std::string("EmailAddresses/") + key);
    if (!email.empty()) persona.emails.push_back(email);
  }
  return persona;
}

void WriteAddress(XmlWriter& out, std::string_view element, const Persona& persona, const std::string& email) {
  out.Open(element).Leaf("t:Name", persona.display_name).Leaf("t:EmailAddress", email);
  out.Leaf("t:RoutingType", "SMTP").Leaf("t:MailboxType", "Mailbox").Close();
}

void WriteNumber(XmlWriter& out, std::string_view element, std::string_view number, std::string_view type) {
  out.Open(element).Leaf("t:Number", number).Leaf("t:Type", type).Close();
}

void Attributed(XmlWriter& out, std::string_view element, std::string_view entry, const std::function<void()>& value) {
  out.Open(element).Open(entry);
  value();
  out.Open("t:Attributions").Leaf("t:Attribution", "0").Close().Close().Close();
}

void WriteTexts(XmlWriter& out, std::string_view element, std::string_view text) {
  if (text.empty()) return;
  Attributed(out, element, "t:StringAttributedValue", [&] { out.Leaf("t:Value", text); });
}

void WriteNumbers(XmlWriter& out, std::string_view element, std::string_view number, std::string_view type) {
  if (number.empty()) return;
  Attributed(out, element, "t:PhoneNumberAttributedValue", [&] { WriteNumber(out, "t:Value", number, type); });
}

struct Field {
  std::string_view uri;
  bool in_default;  // what a find returns unless it asks for more
  void (*write)(XmlWriter& out, const Persona& persona);
};

void WriteLeaf(XmlWriter& out, std::string_view name, std::string_view text) {
  if (!text.empty()) out.Leaf(name, text);
}

// In the order of the schema.
constexpr Field kFields[] = {
    {"persona:PersonaType", true, [](auto& out, const Persona& p) { out.Leaf("t:PersonaType", p.type); }},
    {"persona:DisplayName", true, [](auto& out, const Persona& p) { WriteLeaf(out, "t:DisplayName", p.display_name); }},
    {"persona:DisplayNameFirstLast", true,
     [](auto& out, const Persona& p) { WriteLeaf(out, "t:DisplayNameFirstLast", p.display_name); }},
    {"persona:DisplayNameLastFirst", true,
     [](auto& out, const Persona& p) { out.Leaf("t:DisplayNameLastFirst", p.surname + " " + p.given_name); }},
    {"persona:FileAs", true,
     [](auto& out, const Persona& p) { out.Leaf("t:FileAs", p.surname + ", " + p.given_name); }},
    {"persona:GivenName", true, [](auto& out, const Persona& p) { WriteLeaf(out, "t:GivenName", p.given_name); }},
    {"persona:Surname", true, [](auto& out, const Persona& p) { WriteLeaf(out, "t:Surname", p.surname); }},
    {"persona:Title", true, [](auto& out, const Persona& p) { WriteLeaf(out, "t:Title", p.job_title); }},
    {"persona:Department", false, [](auto& out, const Persona& p) { WriteLeaf(out, "t:Department", p.department); }},
    {"persona:CompanyName", true, [](auto& out, const Persona& p) { WriteLeaf(out, "t:CompanyName", p.company); }},
    {"persona:EmailAddress", true,
     [](auto& out, const Persona& p) {
       if (!p.emails.empty()) WriteAddress(out, "t:EmailAddress", p, p.emails[0]);
     }},
    {"persona:EmailAddresses", true,
     [](auto& out, const Persona& p) {
       if (p.emails.empty()) return;
       out.Open("t:EmailAddresses");
       for (const std::string& email : p.emails) WriteAddress(out, "t:Address", p, email);
       out.Close();
     }},
    {"persona:PhoneNumber", true,
     [](auto& out, const Persona& p) {
       if (!p.business_phone.empty()) WriteNumber(out, "t:PhoneNumber", p.business_phone, "Business");
     }},
    {"persona:ImAddress", true,
     [](auto& out, const Persona& p) {
       if (!p.emails.empty()) out.Leaf("t:ImAddress", "sip:" + p.emails[0]);
     }},
    {"persona:RelevanceScore", true, [](auto& out, const Persona&) { out.Leaf("t:RelevanceScore", "2147483647"); }},
    {"persona:DisplayNames", false,
     [](auto& out, const Persona& p) { WriteTexts(out, "t:DisplayNames", p.display_name); }},
    {"persona:GivenNames", false, [](auto& out, const Persona& p) { WriteTexts(out, "t:GivenNames", p.given_name); }},
    {"persona:Surnames", false, [](auto& out, const Persona& p) { WriteTexts(out, "t:Surnames", p.surname); }},
    {"persona:BusinessPhoneNumbers", false,
     [](auto& out, const Persona& p) { WriteNumbers(out, "t:BusinessPhoneNumbers", p.business_phone, "Business"); }},
    {"persona:HomePhones", false,
     [](auto& out, const Persona& p) { WriteNumbers(out, "t:HomePhones", p.home_phone, "Home"); }},
    {"persona:MobilePhones", false,
     [](auto& out, const Persona& p) { WriteNumbers(out, "t:MobilePhones", p.mobile_phone, "Mobile"); }},
    {"persona:OfficeLocations", false,
     [](auto& out, const Persona& p) { WriteTexts(out, "t:OfficeLocations", p.office); }},
    {"persona:Titles", false, [](auto& out, const Persona& p) { WriteTexts(out, "t:Titles", p.job_title); }},
    {"persona:Departments", false, [](auto& out, const Persona& p) { WriteTexts(out, "t:Departments", p.department); }},
    {"persona:CompanyNames", false, [](auto& out, const Persona& p) { WriteTexts(out, "t:CompanyNames", p.company); }},
};

void WritePersona(XmlWriter& out, const Persona& persona, pugi::xml_node shape) {
  const std::string_view base = shape.child("t:BaseShape").text().get();
  const auto asked = [shape](std::string_view uri) {
    for (const pugi::xml_node path : shape.child("t:AdditionalProperties").children("t:FieldURI")) {
      if (uri == path.attribute("FieldURI").value()) return true;
    }
    return false;
  };
  out.Open("t:Persona").Open("t:PersonaId").Attribute("Id", persona.id).Close();
  for (const Field& field : kFields) {
    const bool by_base = base == "AllProperties" || (field.in_default && base != "IdOnly");
    if (by_base || asked(field.uri)) field.write(out, persona);
  }
  out.Close();
}

// Every word of the query begins one of the words of the name, or the address.
bool FitsQuery(const Persona& persona, std::string_view query) {
  std::vector<std::string> words = Split(Lower(persona.display_name), ' ');
  for (const std::string& text : {persona.given_name, persona.surname}) words.push_back(Lower(text));
  for (const std::string& email : persona.emails) words.push_back(Lower(email));
  for (const std::string& wanted : Split(Lower(Trim(query)), ' ')) {
    const bool found = std::any_of(words.begin(), words.end(), [&](const auto& w) { return w.starts_with(wanted); });
    if (!wanted.empty() && !found) return false;
  }
  return true;
}

absl::StatusOr<std::string> PersonaText(const Persona& persona, pugi::xml_node path) {
  const std::string_view uri = path.attribute("FieldURI").value();
  if (uri == "persona:DisplayName") return persona.display_name;
  if (uri == "persona:GivenName") return persona.given_name;
  if (uri == "persona:Surname") return persona.surname;
  if (uri == "persona:CompanyName") return persona.company;
  if (uri == "persona:Department") return persona.department;
  if (uri.starts_with("persona:EmailAddress")) return persona.emails.empty() ? "" : persona.emails[0];
  return EwsError("ErrorUnsupportedPathForQuery", fmt::format("People cannot be searched by {}.", uri));
}

// Who may be found; a Persona is made only of those who are looked at.
struct Candidate {
  std::string sort_key;
  const Mailbox* mailbox = nullptr;
  const Item* contact = nullptr;  // null: the mailbox's owner

  Persona Made() const { return contact == nullptr ? FromPerson(*mailbox) : FromContact(ViewOf(*mailbox, *contact)); }
};

std::vector<Candidate> AddressList(const Store& store) {
  std::vector<Candidate> everybody;
  for (const auto& [number, mailbox] : store.mailboxes()) {
    if (!mailbox.person.hidden) everybody.push_back({Lower(mailbox.person.display_name), &mailbox, nullptr});
  }
  return everybody;
}

// The address list for `directory`, for an AddressListId and for a query that names no folder.
absl::StatusOr<std::vector<Candidate>> Everybody(Call& call) {
  const auto where = Elements(call.request.child("m:ParentFolderId"));
  if (where.empty()) return AddressList(call.store);
  if (LocalName(where[0]) == "AddressListId") {
    if (kAddressListId == where[0].attribute("Id").value()) return AddressList(call.store);
    return EwsError("ErrorInvalidIdMalformed", "There is no such address list.");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const Folder* folder, FolderOf(call, where[0]));
  if (folder->distinguished_name == "directory") return AddressList(call.store);
  const Mailbox& mailbox = call.MailboxOf(*folder);
  std::vector<Candidate> contacts;
  for (const auto& [number, item] : mailbox.items) {
    if (item.folder != folder->number || item.kind != ItemKind::kContact) continue;
    contacts.push_back({Lower(ViewOf(mailbox, item).PropertyText("DisplayName")), &mailbox, &item});
  }
  return contacts;
}

absl::StatusOr<std::vector<Candidate>> FoundPeople(Call& call) {
  CROSSPOINT_ASSIGN_OR_RETURN(std::vector<Candidate> found, Everybody(call));
  const std::string query = Trim(call.request.child("m:QueryString").text().get());
  const pugi::xml_node restriction = call.request.child("m:Restriction");
  if (!query.empty() || restriction) {
    std::vector<Candidate> fitting;
    for (Candidate& candidate : found) {
      const Persona persona = candidate.Made();
      const auto read = [&persona](pugi::xml_node path) { return PersonaText(persona, path); };
      CROSSPOINT_ASSIGN_OR_RETURN(const bool fits, Fulfils(read, restriction));
      if (fits && FitsQuery(persona, query)) fitting.push_back(std::move(candidate));
    }
    found = std::move(fitting);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Candidate& a, const Candidate& b) { return a.sort_key < b.sort_key; });
  return found;
}

// An answer that is its own response message.
std::string Bare(std::string_view element, const absl::StatusOr<std::string>& content) {
  XmlWriter out;
  out.Open(element).Attribute("ResponseClass", content.ok() ? "Success" : "Error");
  if (content.ok()) {
    out.Leaf("m:ResponseCode", "NoError").Raw(*content);
  } else {
    WriteError(out, content.status());
  }
  return out.Close().Take();
}

void WriteEntry(XmlWriter& out, std::string_view element, const ListEntry& entry) {
  out.Open(element).Leaf("t:Name", entry.name).Leaf("t:EmailAddress", entry.email).Leaf("t:RoutingType", "SMTP");
  out.Leaf("t:MailboxType", entry.is_list ? "PublicDL" : "Mailbox").Close();
}

}  // namespace

Answer FindPeople(Call& call) {
  const pugi::xml_node view = call.request.child("m:IndexedPageItemView");
  if (!view) return SchemaError("The element 'IndexedPageItemView' is missing.");
  const auto found = FoundPeople(call);
  if (!found.ok()) return Bare("m:FindPeopleResponse", found.status());
  const size_t given = std::min<size_t>(view.attribute("Offset").as_uint(0), found->size());
  const size_t asked = view.attribute("MaxEntriesReturned").as_uint(kMaxPage);
  const size_t size = std::min({asked, kMaxPage, found->size() - given});
  const bool from_end = std::string_view(view.attribute("BasePoint").value()) == "End";
  const size_t begin = from_end ? found->size() - given - size : given;
  XmlWriter out;
  out.Open("m:People");
  for (size_t i = begin; i < begin + size; ++i)
    WritePersona(out, (*found)[i].Made(), call.request.child("m:PersonaShape"));
  out.Close().Number("m:TotalNumberOfPeopleInView", static_cast<int64_t>(found->size()));
  out.Number("m:FirstMatchingRowIndex", 0).Number("m:FirstLoadedRowIndex", static_cast<int64_t>(begin));
  return Bare("m:FindPeopleResponse", out.Take());
}

Answer ExpandDL(Call& call) {
  const std::string wanted = Trim(call.request.child("m:Mailbox").child("t:EmailAddress").text().get());
  Messages messages("ExpandDL");
  const auto members = MembersOf(call.store, wanted);
  if (!members) {
    messages.Add(EwsError("ErrorNameResolutionNoResults", "No results were found."));
    return messages.Take();
  }
  XmlWriter out;
  out.Open("m:DLExpansion").Attribute("TotalItemsInView", std::to_string(members->size()));
  out.Attribute("IncludesLastItemInRange", "true");
  for (const ListEntry& entry : *members) WriteEntry(out, "t:Mailbox", entry);
  out.Close();
  messages.Add(out.Take());
  return messages.Take();
}

Answer GetRoomLists(Call&) {
  XmlWriter out;
  out.Open("m:RoomLists");
  for (const ListEntry& list : RoomLists()) WriteEntry(out, "t:Address", list);
  out.Close();
  return Bare("m:GetRoomListsResponse", out.Take());
}

Answer GetRooms(Call& call) {
  const auto rooms = RoomsOf(Trim(call.request.child("m:RoomList").child("t:EmailAddress").text().get()));
  if (rooms.empty()) {
    return Bare("m:GetRoomsResponse", EwsError("ErrorNameResolutionNoResults", "No results were found."));
  }
  XmlWriter out;
  out.Open("m:Rooms");
  for (const ListEntry& room : rooms) {
    out.Open("t:Room");
    WriteEntry(out, "t:Id", room);
    out.Close();
  }
  out.Close();
  return Bare("m:GetRoomsResponse", out.Take());
}

}  // namespace crosspoint::exchange_sim
