#include "exchange_sim/operations/contact_search.h"

#include <algorithm>

#include "common/status/status.h"
#include "exchange_sim/items/item_fields.h"
#include "exchange_sim/items/item_values.h"

namespace crosspoint::exchange_sim {
namespace {

bool Finds(const ItemView& contact, std::string_view entry) {
  const std::string address = contact.PropertyText("EmailAddresses/EmailAddress1");
  if (address.empty()) return false;
  if (StartsWithNoCase(entry, "smtp:")) return Lower(address) == Lower(entry.substr(5));
  const std::string given = contact.PropertyText("GivenName");
  const std::string surname = contact.PropertyText("Surname");
  const std::string names[] = {given,
                               surname,
                               contact.PropertyText("DisplayName"),
                               contact.PropertyText("FileAs"),
                               contact.PropertyText("CompanyName"),
                               address,
                               given + " " + surname};
  return std::any_of(std::begin(names), std::end(names),
                     [entry](const std::string& name) { return StartsWithNoCase(name, entry); });
}

ItemShape ResolutionShape() {
  ItemShape shape;
  shape.with_ids = false;
  shape.uris = {
      "contacts:DisplayName",       "contacts:GivenName",      "contacts:CompanyName",   "contacts:EmailAddresses",
      "contacts:PhysicalAddresses", "contacts:PhoneNumbers",   "contacts:ContactSource", "contacts:Department",
      "contacts:JobTitle",          "contacts:OfficeLocation", "contacts:Surname"};
  return shape;
}

}  // namespace

absl::StatusOr<std::vector<ItemView>> FindContacts(Call& call, std::string_view entry) {
  Folder* folder = &FolderNamed(call.mailbox(), "contacts");
  const auto ids = Elements(call.request.child("m:ParentFolderIds"));
  if (!ids.empty()) {
    CROSSPOINT_ASSIGN_OR_RETURN(folder, FolderOf(call, ids[0]));
  }
  const Mailbox& mailbox = call.MailboxOf(*folder);
  std::vector<ItemView> found;
  for (const auto& [number, item] : mailbox.items) {
    if (item.folder != folder->number || item.kind != ItemKind::kContact || IsConcealed(call, *folder, item)) continue;
    const ItemView view = ViewOf(mailbox, item);
    if (Finds(view, entry)) found.push_back(view);
  }
  return found;
}

void WriteContactResolution(XmlWriter& out, const ItemView& contact, bool with_contact) {
  out.Open("t:Resolution").Open("t:Mailbox").Leaf("t:Name", contact.PropertyText("DisplayName"));
  out.Leaf("t:EmailAddress", contact.PropertyText("EmailAddresses/EmailAddress1")).Leaf("t:RoutingType", "SMTP");
  out.Leaf("t:MailboxType", "Contact");
  WriteItemId(out, "t:ItemId", contact);
  out.Close();
  if (with_contact) WriteItem(out, contact, ResolutionShape(), true);
  out.Close();
}

}  // namespace crosspoint::exchange_sim
