#include "contact/adapters/ews_contact_mailboxes.h"

#include <algorithm>
#include <utility>

#include "common/status/status.h"
#include "common/tracing/tracing.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/item_gone.h"
#include "connectors/ews/properties.h"
#include "contact/adapters/ews_convert.h"
#include "contact/app/reasons.h"

namespace crosspoint::contact {
namespace {

constexpr int kChangesPerPage = 512;
constexpr size_t kItemsPerGet = 50;

const std::vector<ews::PropertyPath>& OurProperties() {
  static const std::vector<ews::PropertyPath> paths = {ews::CrosspointIdPath()};
  return paths;
}

ews::FolderRef ContactsFolder() { return ews::FolderRef::Named("contacts"); }

ews::EwsCall CallFor(const Mailbox& mailbox) {
  ews::EwsCall call;
  call.mailbox = mailbox.address;
  call.traceparent = tracing::FormatTraceparent(tracing::Current());
  return call;
}

bool IsPerson(const ews::Contact& contact) { return !contact.item_class.starts_with("IPM.DistList"); }

}  // namespace

absl::StatusOr<ews::EwsClient*> EwsContactMailboxes::ClientOf(const Mailbox& mailbox) const {
  const auto& tenant = mailbox.user.tenant.value;
  if (clients_.Find(tenant) == nullptr) {
    return Refused(absl::StatusCode::kFailedPrecondition, "NO_CONNECTOR", "the tenant has no Exchange connector");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto seat, clients_.Find(tenant, mailbox.address));
  return seat.client;
}

absl::StatusOr<MailboxChanges> EwsContactMailboxes::Changes(const Mailbox& mailbox, const std::string& sync_state) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto* client, ClientOf(mailbox));
  auto result = client->SyncContacts(ContactsFolder(), sync_state, kChangesPerPage, OurProperties(), CallFor(mailbox));
  if (ews::ReactionOf(result.status()) == ews::Reaction::kResync) {
    return Refused(absl::StatusCode::kFailedPrecondition, kSyncStateLost, MessageOf(result.status()));
  }
  if (!result.ok()) return result.status();
  MailboxChanges page{.sync_state = std::move(result->sync_state), .changes = {}, .last = result->includes_last};
  using Kind = ews::ItemChange<ews::Contact>::Kind;
  for (const auto& change : result->changes) {
    if (change.kind == Kind::kDelete) {
      page.changes.push_back(
          {.removed = true, .item = {.id = change.id.id, .change_key = "", .contact = "", .card = {}}});
    } else if (change.kind != Kind::kReadFlag && change.item && IsPerson(*change.item)) {
      page.changes.push_back({.removed = false, .item = ItemFrom(*change.item)});
    }
  }
  return page;
}

absl::StatusOr<std::string> EwsContactMailboxes::FolderOf(const Mailbox& mailbox, ews::EwsClient& client,
                                                          Folder folder) {
  if (folder == Folder::kAsKnown) {
    const std::lock_guard lock(mu_);
    if (const auto known = folders_.find(mailbox.address); known != folders_.end()) return known->second;
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto found, client.GetFolder(ContactsFolder(), CallFor(mailbox)));
  const std::lock_guard lock(mu_);
  folders_[mailbox.address] = found.id.id;
  return found.id.id;
}

absl::StatusOr<std::vector<std::optional<MailboxItem>>> EwsContactMailboxes::Get(const Mailbox& mailbox,
                                                                                 const std::vector<std::string>& ids) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto* client, ClientOf(mailbox));
  std::vector<std::optional<MailboxItem>> found;
  for (size_t at = 0; at < ids.size(); at += kItemsPerGet) {
    std::vector<ews::ItemId> batch;
    for (size_t i = at; i < std::min(ids.size(), at + kItemsPerGet); ++i) batch.push_back({ids[i], ""});
    CROSSPOINT_ASSIGN_OR_RETURN(const auto items,
                                client->GetContacts(batch, OurProperties(), ews::Detail::kFacts, CallFor(mailbox)));
    for (size_t i = 0; i < items.size(); ++i) {
      const auto& item = items[i];
      if (!item.ok() && !ews::IsItemGone(item.status())) return item.status();
      found.emplace_back();
      if (!item.ok() || !IsPerson(*item)) continue;
      // In another folder, as Deleted Items, it is no contact any more.
      const auto& parent = item->parent_folder.id;
      CROSSPOINT_ASSIGN_OR_RETURN(auto folder, FolderOf(mailbox, *client, Folder::kAsKnown));
      if (!parent.empty() && parent != folder) {
        CROSSPOINT_ASSIGN_OR_RETURN(folder, FolderOf(mailbox, *client, Folder::kAskAgain));
      }
      if (!parent.empty() && parent != folder) continue;
      found.back() = ItemFrom(*item);
      // The server may answer with another spelling of the id.
      found.back()->id = ids[at + i];
    }
  }
  return found;
}

absl::StatusOr<std::vector<MailboxItem>> EwsContactMailboxes::Find(const Mailbox& mailbox, const std::string& contact) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto* client, ClientOf(mailbox));
  ews::FindItemsQuery query{.folder = ContactsFolder(),
                            .restriction = ews::IsEqualTo(ews::CrosspointIdPath(), contact)};
  query.properties = OurProperties();
  CROSSPOINT_ASSIGN_OR_RETURN(const auto page, client->FindContacts(query, CallFor(mailbox)));
  std::vector<MailboxItem> items;
  for (const auto& item : page.items) {
    // A server that does not know the restriction tells everything.
    if (IsPerson(item) && item.Get(ews::CrosspointIdPath()) == contact) items.push_back(ItemFrom(item));
  }
  return items;
}

absl::StatusOr<MailboxItem> EwsContactMailboxes::Create(const Mailbox& mailbox, const std::string& contact,
                                                        const Facts& card) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto* client, ClientOf(mailbox));
  CROSSPOINT_ASSIGN_OR_RETURN(auto id,
                              client->CreateContact(DraftOf(contact, card), ContactsFolder(), CallFor(mailbox)));
  return MailboxItem{.id = std::move(id.id), .change_key = std::move(id.change_key), .contact = contact, .card = card};
}

absl::StatusOr<MailboxItem> EwsContactMailboxes::Update(const Mailbox& mailbox, const MailboxItem& item,
                                                        const Facts& card) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto* client, ClientOf(mailbox));
  CROSSPOINT_ASSIGN_OR_RETURN(
      auto id, client->UpdateContact({item.id, item.change_key}, UpdateOf(item.card, card), CallFor(mailbox)));
  return MailboxItem{.id = item.id, .change_key = std::move(id.change_key), .contact = item.contact, .card = card};
}

absl::Status EwsContactMailboxes::Delete(const Mailbox& mailbox, const std::string& id) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto* client, ClientOf(mailbox));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto outcomes,
                              client->DeleteItems({{id, ""}}, ews::DeleteType::kMoveToDeletedItems, CallFor(mailbox)));
  if (outcomes.empty() || outcomes.front().ok() || ews::IsItemGone(outcomes.front())) return absl::OkStatus();
  return outcomes.front();
}

}  // namespace crosspoint::contact
