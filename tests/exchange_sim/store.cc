#include "exchange_sim/store.h"

#include <algorithm>
#include <random>

#include "exchange_sim/items/item_values.h"
#include "exchange_sim/items/seed.h"

namespace crosspoint::exchange_sim {
namespace {

struct FolderPlan {
  std::string_view distinguished_name;
  std::string_view display_name;
  std::string_view folder_class;
  uint64_t parent;
};
// Numbers are the places in this list, from 1.
constexpr FolderPlan kFolders[] = {
    {"root", "", "", 0},
    {"msgfolderroot", "Top of Information Store", "IPF.Note", 1},
    {"calendar", "Calendar", "IPF.Appointment", 2},
    {"contacts", "Contacts", "IPF.Contact", 2},
    {"deleteditems", "Deleted Items", "IPF.Note", 2},
    {"drafts", "Drafts", "IPF.Note", 2},
    {"inbox", "Inbox", "IPF.Note", 2},
    {"outbox", "Outbox", "IPF.Note", 2},
    {"sentitems", "Sent Items", "IPF.Note", 2},
    {"tasks", "Tasks", "IPF.Task", 2},
    {"junkemail", "Junk Email", "IPF.Note", 2},
    {"recoverableitemsroot", "Recoverable Items", "", 1},
    {"recoverableitemsdeletions", "Deletions", "", 12},
};
constexpr Seconds kSubscriptionLife = 35 * 60;

template <class Write>
std::string Written(const Write& write) {
  XmlWriter out;
  write(out);
  return out.Take();
}

std::string ItemXml(std::string_view element, const Mailbox& mailbox, const Item& item) {
  return Written([&](XmlWriter& out) { WriteItemId(out, element, ViewOf(mailbox, item)); });
}

std::string FolderXml(std::string_view element, const Mailbox& mailbox, uint64_t folder) {
  const auto found = mailbox.folders.find(folder);
  if (found == mailbox.folders.end()) return {};
  return Written([&](XmlWriter& out) { WriteFolderId(out, element, mailbox, found->second); });
}

Event ItemEvent(std::string type, const Mailbox& mailbox, const Item& item) {
  Event event;
  event.type = std::move(type);
  event.at = Now();
  event.item_xml = ItemXml("t:ItemId", mailbox, item);
  event.parent_xml = FolderXml("t:ParentFolderId", mailbox, item.folder);
  event.folders = {item.folder};
  return event;
}

}  // namespace

Store::Store(int people, uint64_t seed) : epoch_(std::random_device{}()) {
  for (Person& person : MakeCompany(people, seed)) {
    Mailbox& mailbox = AddMailbox(std::move(person));
    for (Item& item : SeedMeetings(mailbox, seed, Now()))
      AddItem(mailbox, FindFolder(mailbox, "calendar")->number, item);
  }
}

Mailbox& Store::AddMailbox(Person person) {
  const uint64_t number = mailboxes_.size() + 1;
  Mailbox& mailbox = mailboxes_[number];
  mailbox.number = number;
  by_address_[Lower(person.email)] = number;
  for (const std::string& alias : person.aliases) by_address_.emplace(Lower(alias), number);
  mailbox.person = std::move(person);
  AddFolders(mailbox);
  return mailbox;
}

void Store::AddFolders(Mailbox& mailbox) {
  uint64_t number = 0;
  for (const FolderPlan& plan : kFolders) {
    ++number;
    Folder& folder = mailbox.folders[number];
    folder.number = number;
    folder.parent = plan.parent;
    folder.distinguished_name = plan.distinguished_name;
    folder.display_name = plan.display_name;
    folder.folder_class = plan.folder_class;
  }
}

Mailbox* Store::FindMailbox(std::string_view address) {
  const auto found = by_address_.find(Lower(address));
  return found == by_address_.end() ? nullptr : MailboxByNumber(found->second);
}

Mailbox* Store::MailboxByNumber(uint64_t number) {
  const auto found = mailboxes_.find(number);
  return found == mailboxes_.end() ? nullptr : &found->second;
}

std::vector<const Person*> Store::ResolveNames(std::string_view entry) const {
  std::vector<const Person*> found;
  for (const auto& [number, mailbox] : mailboxes_) {
    if (!mailbox.person.hidden && MatchesName(mailbox.person, entry)) found.push_back(&mailbox.person);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Person* a, const Person* b) { return Lower(a->display_name) < Lower(b->display_name); });
  return found;
}

Item& Store::AddItem(Mailbox& mailbox, uint64_t folder_number, Item item) {
  Folder& folder = mailbox.folders.at(folder_number);
  item.number = mailbox.next_item++;
  item.folder = folder_number;
  item.created_change = item.last_change = ++folder.last_change;
  item.modified_at = Now();
  if (item.created_at == 0) item.created_at = item.modified_at;
  Item& kept = mailbox.items[item.number] = std::move(item);
  Publish(mailbox, ItemEvent("CreatedEvent", mailbox, kept));
  PublishFolder(mailbox, folder);
  return kept;
}

void Store::Touch(Mailbox& mailbox, Item& item) {
  Folder& folder = mailbox.folders.at(item.folder);
  ++item.version;
  item.last_change = ++folder.last_change;
  item.modified_at = Now();
  Publish(mailbox, ItemEvent("ModifiedEvent", mailbox, item));
}

void Store::Remove(Mailbox& mailbox, uint64_t number, Disposal disposal) {
  const auto found = mailbox.items.find(number);
  if (found == mailbox.items.end()) return;
  Folder& folder = mailbox.folders.at(found->second.folder);
  Event event = ItemEvent("DeletedEvent", mailbox, found->second);
  Item item = std::move(found->second);
  mailbox.items.erase(found);
  folder.tombstones[++folder.last_change] = {number, item.created_change};
  const Folder* target = disposal == Disposal::kHardDelete   ? nullptr
                         : disposal == Disposal::kSoftDelete ? FindFolder(mailbox, "recoverableitemsdeletions")
                                                             : FindFolder(mailbox, "deleteditems");
  if (target != nullptr && target->number != folder.number) {
    const std::string old_item = ItemXml("t:OldItemId", mailbox, item);
    const std::string old_parent = FolderXml("t:OldParentFolderId", mailbox, folder.number);
    const uint64_t old_folder = folder.number;
    // A moved item gets a new id, and the target folder sees it as created by its own count of changes.
    item.number = mailbox.next_item++;
    item.folder = target->number;
    item.created_change = item.last_change = ++mailbox.folders.at(target->number).last_change;
    const Item& moved = mailbox.items[item.number] = std::move(item);
    if (disposal == Disposal::kMoveToDeletedItems) {
      event = ItemEvent("MovedEvent", mailbox, moved);
      event.old_item_xml = old_item;
      event.old_parent_xml = old_parent;
      event.folders.push_back(old_folder);
    }
  }
  Publish(mailbox, event);
  PublishFolder(mailbox, folder);
}

void Store::Publish(const Mailbox& mailbox, const Event& event) {
  for (auto& [id, subscription] : subscriptions) {
    if (subscription.mailbox != mailbox.number || !subscription.event_types.contains(event.type)) continue;
    const bool watched =
        subscription.all_folders || std::any_of(event.folders.begin(), event.folders.end(),
                                                [&](uint64_t folder) { return subscription.folders.contains(folder); });
    if (!watched) continue;
    subscription.pending.push_back(event);
    if (subscription.connection != nullptr) subscription.connection->changed.notify_all();
  }
}

void Store::PublishFolder(const Mailbox& mailbox, const Folder& folder) {
  Event event;
  event.type = "ModifiedEvent";
  event.at = Now();
  event.item_xml = FolderXml("t:FolderId", mailbox, folder.number);
  event.parent_xml = FolderXml("t:ParentFolderId", mailbox, folder.parent);
  event.folders = {folder.number};
  Publish(mailbox, event);
}

void Store::ExpireSubscriptions() {
  const Seconds now = Now();
  std::erase_if(subscriptions, [now](const auto& entry) {
    return entry.second.connection == nullptr && entry.second.last_used + kSubscriptionLife < now;
  });
}

}  // namespace crosspoint::exchange_sim
