#include <set>

#include "connectors/ews/client.h"
#include "connectors/ews/codec/read_contact.h"
#include "connectors/ews/codec/requests_contacts.h"
#include "connectors/ews/item_calls.h"

namespace crosspoint::ews {
namespace {

// What is added while pages are read comes after them.
SortKey OldestFirst() { return {.field = FieldName{.uri = "item:DateTimeCreated", .index = {}}}; }

absl::Status CheckPhones(const std::vector<Phone>& phones) {
  std::set<std::string_view> kinds;
  for (const Phone& phone : phones) {
    if (!IsPhoneKind(phone.kind)) return InvalidField("phones", "no such kind: " + phone.kind.substr(0, 60));
    if (!kinds.insert(phone.kind).second) return InvalidField("phones", phone.kind + " is named twice");
  }
  return absl::OkStatus();
}

absl::Status CheckAddresses(const std::vector<PostalAddress>& addresses) {
  std::set<PostalAddress::Kind> kinds;
  for (const PostalAddress& address : addresses) {
    if (!kinds.insert(address.kind).second) return InvalidField("addresses", "a kind is named twice");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ItemPage<Contact>> EwsClient::FindContacts(const FindItemsQuery& query, const EwsCall& call) {
  return FindPage<Contact>(*transport_, query, ListedContact(), OldestFirst(), call, ReadFindContacts);
}

absl::StatusOr<Batch<Contact>> EwsClient::GetContacts(const std::vector<ItemId>& ids,
                                                      const std::vector<PropertyPath>& properties, Detail detail,
                                                      const EwsCall& call) {
  return GetBatch<Contact>(*transport_, ids, WholeContact(detail), properties, call, ReadGetContacts);
}

absl::StatusOr<ItemId> EwsClient::CreateContact(const ContactDraft& draft, const FolderRef& folder,
                                                const EwsCall& call) {
  CROSSPOINT_RETURN_IF_ERROR(CheckPhones(draft.phones));
  CROSSPOINT_RETURN_IF_ERROR(CheckAddresses(draft.addresses));
  CROSSPOINT_RETURN_IF_ERROR(CheckProperties(draft.extended_properties, "extended_properties"));
  return transport_->Call("CreateItem", WriteCreateContact(transport_->Header(call), draft, folder), call,
                          Effect::kWrites, ReadIdOfNew);
}

absl::StatusOr<ItemId> EwsClient::UpdateContact(const ItemId& id, const ContactUpdate& update, const EwsCall& call) {
  if (update.empty()) return id;
  CROSSPOINT_RETURN_IF_ERROR(CheckPhones(update.phones));
  CROSSPOINT_RETURN_IF_ERROR(CheckAddresses(update.addresses));
  CROSSPOINT_RETURN_IF_ERROR(CheckProperties(update.set_properties, "set_properties"));
  return transport_->Call("UpdateItem", WriteUpdateContact(transport_->Header(call), id, update), call, Effect::kWrites,
                          ReadUpdateItem);
}

absl::StatusOr<ItemChanges<Contact>> EwsClient::SyncContacts(const FolderRef& folder, const std::string& sync_state,
                                                             int max_changes,
                                                             const std::vector<PropertyPath>& properties,
                                                             const EwsCall& call) {
  return SyncPage<Contact>(*transport_, folder, sync_state, max_changes, ListedContact(), properties, call,
                           ReadSyncContacts);
}

}  // namespace crosspoint::ews
