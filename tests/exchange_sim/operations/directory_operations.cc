#include <algorithm>

#include "common/status/status.h"
#include "exchange_sim/call.h"
#include "exchange_sim/error.h"
#include "exchange_sim/items/item_values.h"
#include "exchange_sim/operations/contact_search.h"
#include "exchange_sim/photo.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr size_t kMaxCandidates = 100;

void WritePhones(XmlWriter& out, const Person& person) {
  out.Open("t:PhoneNumbers");
  out.Open("t:Entry").Attribute("Key", "BusinessPhone").Text(person.business_phone).Close();
  if (!person.home_phone.empty()) out.Open("t:Entry").Attribute("Key", "HomePhone").Text(person.home_phone).Close();
  if (!person.mobile_phone.empty())
    out.Open("t:Entry").Attribute("Key", "MobilePhone").Text(person.mobile_phone).Close();
  out.Close();
}

void WriteAddresses(XmlWriter& out, const Person& person) {
  out.Open("t:EmailAddresses");
  out.Open("t:Entry").Attribute("Key", "EmailAddress1").Text("SMTP:" + person.email).Close();
  for (size_t i = 0; i < person.aliases.size() && i < 2; ++i) {
    out.Open("t:Entry")
        .Attribute("Key", fmt::format("EmailAddress{}", i + 2))
        .Text("smtp:" + person.aliases[i])
        .Close();
  }
  out.Close();
}

void WriteContact(XmlWriter& out, const Person& person, bool everything) {
  const auto leaf = [&out](std::string_view name, std::string_view value) {
    if (!value.empty()) out.Leaf(name, value);
  };
  out.Open("t:Contact").Leaf("t:DisplayName", person.display_name);
  leaf("t:GivenName", person.given_name);
  leaf("t:CompanyName", person.company);
  WriteAddresses(out, person);
  if (!person.business_phone.empty()) WritePhones(out, person);
  out.Leaf("t:ContactSource", "ActiveDirectory");
  leaf("t:Department", person.department);
  leaf("t:JobTitle", person.job_title);
  if (everything) leaf("t:Manager", person.manager);
  leaf("t:OfficeLocation", person.office);
  leaf("t:Surname", person.surname);
  if (everything) {
    out.Flag("t:HasPicture", person.has_photo).Leaf("t:Alias", person.account);
    out.Leaf("t:DirectoryId", fmt::format("<GUID={:016x}>", Hash(person.email)));
  }
  out.Close();
}

// Who was found, in the order in which it is told.
struct Found {
  std::vector<const Person*> people;
  std::vector<ItemView> contacts;
  bool contacts_first = false;

  size_t size() const { return people.size() + contacts.size(); }
};

std::string Resolutions(const Found& found, bool with_contact, bool everything) {
  std::vector<std::string> all;
  for (const Person* person : found.people) {
    XmlWriter out;
    out.Open("t:Resolution");
    WriteMailbox(out, person->display_name, person->email);
    if (with_contact) WriteContact(out, *person, everything);
    out.Close();
    all.push_back(out.Take());
  }
  for (const ItemView& contact : found.contacts) {
    XmlWriter out;
    WriteContactResolution(out, contact, with_contact);
    all.push_back(out.Take());
  }
  if (found.contacts_first) {
    std::rotate(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(found.people.size()), all.end());
  }
  const size_t shown = std::min(all.size(), kMaxCandidates);
  XmlWriter out;
  out.Open("m:ResolutionSet").Attribute("TotalItemsInView", std::to_string(shown));
  out.Attribute("IncludesLastItemInRange", all.size() <= kMaxCandidates ? "true" : "false");
  for (size_t i = 0; i < shown; ++i) out.Raw(all[i]);
  out.Close();
  return out.Take();
}

absl::StatusOr<Found> Search(Call& call, std::string_view entry) {
  const std::string_view scope = call.request.attribute("SearchScope").value();
  Found found;
  if (scope != "Contacts") found.people = call.store.ResolveNames(entry);
  if (scope != "ActiveDirectory") {
    CROSSPOINT_ASSIGN_OR_RETURN(found.contacts, FindContacts(call, entry));
  }
  found.contacts_first = scope == "ContactsActiveDirectory";
  return found;
}

bool IsTrue(std::string_view text) { return text == "true" || text == "1"; }

}  // namespace

std::string PhotoTag(const Person& person, int edge) {
  return fmt::format("\"{:016x}-{}-{}\"", Hash(person.email), person.photo_version, edge);
}

std::string PhotoOf(const Person& person, int edge) {
  return MakePhoto(Hash(person.email, static_cast<uint64_t>(person.photo_version)), edge);
}

Answer ResolveNames(Call& call) {
  const std::string entry = Trim(call.request.child("m:UnresolvedEntry").text().get());
  const std::string_view full = call.request.attribute("ReturnFullContactData").value();
  const std::string_view shape = call.request.attribute("ContactDataShape").value();
  if (full.empty()) return SchemaError("The required attribute 'ReturnFullContactData' is missing.");
  if (!call.request.child("m:UnresolvedEntry")) return SchemaError("The element 'UnresolvedEntry' is missing.");
  Messages messages("ResolveNames");
  if (entry.empty() || entry == "," || entry == "-") {
    messages.Add(EwsError("ErrorInvalidNameForNameResolution", "The name is not valid for name resolution."));
    return messages.Take();
  }
  const auto found = Search(call, entry);
  if (!found.ok()) {
    messages.Add(found.status());
    return messages.Take();
  }
  if (found->size() == 0) {
    messages.Add(EwsError("ErrorNameResolutionNoResults", "No results were found."));
    return messages.Take();
  }
  const std::string set = Resolutions(*found, IsTrue(full) && shape != "IdOnly", shape == "AllProperties");
  if (found->size() > 1) {
    messages.AddWarning("ErrorNameResolutionMultipleResults", "Multiple results were found.", set);
  } else {
    messages.Add(set);
  }
  return messages.Take();
}

Answer GetUserPhoto(Call& call) {
  const std::string email = Trim(call.request.child("m:Email").text().get());
  const auto edge = PhotoEdge(call.request.child("m:SizeRequested").text().get());
  if (!edge) return SchemaError("The 'SizeRequested' element is invalid - The Enumeration constraint failed.");
  const Person* person = call.store.FindPerson(email);
  XmlWriter out;
  out.Open("m:GetUserPhotoResponse");
  if (person == nullptr || !person->has_photo) {
    out.Attribute("ResponseClass", "Error");
    WriteError(out, EwsError("ErrorItemNotFound", "The photo wasn't found."));
    out.Flag("m:HasChanged", false).Close();
    return out.Take();
  }
  call.etag = PhotoTag(*person, *edge);
  const bool changed = call.if_none_match != call.etag;
  out.Attribute("ResponseClass", "Success").Leaf("m:ResponseCode", "NoError").Flag("m:HasChanged", changed);
  if (changed) out.Leaf("m:PictureData", Base64(PhotoOf(*person, *edge)));
  out.Close();
  return out.Take();
}

}  // namespace crosspoint::exchange_sim
