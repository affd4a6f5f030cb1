#include "exchange_sim/store.h"

#include <algorithm>

#include "exchange_sim/items/item_values.h"
#include "exchange_sim/items/seed.h"
#include "exchange_sim/moment.h"

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
    {"notes", "Notes", "IPF.StickyNote", 2},
    {"journal", "Journal", "IPF.Journal", 2},
    {"voicemail", "Voice Mail", "IPF.Note.Microsoft.Voicemail", 1},
    {"directory", "Directory", "", 1},
};
constexpr FolderPlan kPublicFolders[] = {
    {"publicfoldersroot", "IPM_SUBTREE", "", 0},
    {"", "Company Contacts", "IPF.Contact", 1},
};
constexpr uint64_t kPublicMailbox = 0xffff'ffff;  // above every mailbox of people

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

template <size_t N>
void AddFolders(Mailbox& mailbox, const FolderPlan (&plans)[N]) {
  uint64_t number = 0;
  for (const FolderPlan& plan : plans) {
    ++number;
    Folder& folder = mailbox.folders[number];
    folder.number = number;
    folder.mailbox = mailbox.number;
    folder.parent = plan.parent;
    folder.distinguished_name = plan.distinguished_name;
    folder.display_name = plan.display_name;
    folder.folder_class = plan.folder_class;
  }
}

}  // namespace

Birth Birth::Fresh() { return {Now(), RandomNumber()}; }

Store::Store(int people, uint64_t seed, const Birth& birth) : epoch_(birth.epoch), seed_(seed), began_(birth.began) {
  const InMoment born({began_, seed_});
  for (Person& person : MakeCompany(people, seed)) AddMailbox(std::move(person)).furnished = false;
  public_folders_.number = kPublicMailbox;
  public_folders_.person.display_name = "Public Folders";
  AddFolders(public_folders_, kPublicFolders);
  for (Item& item : SeedPublicContacts(began_)) AddItem(public_folders_, 2, std::move(item));
}

void Store::Furnish(Mailbox& mailbox) {
  if (mailbox.furnished) return;
  mailbox.furnished = true;                       // first: what is added below looks mailboxes up
  const InMoment born({began_, mailbox.number});  // the same whenever somebody first looks
  for (Item& item : SeedMeetings(mailbox, seed_, began_)) {
    AddItem(mailbox, FolderNamed(mailbox, "calendar").number, std::move(item));
  }
  for (Item& item : SeedContacts(mailbox, seed_, began_)) {
    AddItem(mailbox, FolderNamed(mailbox, "contacts").number, std::move(item));
  }
  for (Item& item : SeedMail(mailbox, mailboxes_.begin()->second.person, seed_, began_)) {
    AddItem(mailbox, FolderNamed(mailbox, "inbox").number, std::move(item));
  }
}

Mailbox& Store::AddMailbox(Person person) {
  const uint64_t number = mailboxes_.size() + 1;
  Mailbox& mailbox = mailboxes_[number];
  mailbox.number = number;
  by_address_[Lower(person.email)] = number;
  for (const std::string& alias : person.aliases) by_address_.emplace(Lower(alias), number);
  mailbox.person = std::move(person);
  AddFolders(mailbox, kFolders);
  return mailbox;
}

Mailbox* Store::FindMailbox(std::string_view address) {
  const auto found = by_address_.find(Lower(address));
  return found == by_address_.end() ? nullptr : MailboxByNumber(found->second);
}

Mailbox* Store::MailboxByNumber(uint64_t number) {
  if (number == kPublicMailbox) return &public_folders_;
  const auto found = mailboxes_.find(number);
  if (found == mailboxes_.end()) return nullptr;
  Furnish(found->second);
  return &found->second;
}

const Person* Store::FindPerson(std::string_view address) const {
  const auto found = by_address_.find(Lower(address));
  return found == by_address_.end() ? nullptr : &mailboxes_.at(found->second).person;
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

Item& Store::Put(Mailbox& mailbox, uint64_t folder_number, Item item) {
  Folder& folder = mailbox.folders.at(folder_number);
  item.number = mailbox.next_item++;
  item.folder = folder_number;
  item.created_change = item.content_change = item.last_change = ++folder.last_change;
  folder.changes[item.last_change] = item.number;
  return mailbox.items[item.number] = std::move(item);
}

Item Store::TakeOut(Mailbox& mailbox, uint64_t number) {
  const auto found = mailbox.items.find(number);
  Item item = std::move(found->second);
  mailbox.items.erase(found);
  Folder& folder = mailbox.folders.at(item.folder);
  folder.changes.erase(item.last_change);
  folder.tombstones[++folder.last_change] = {number, item.created_change};
  return item;
}

Item& Store::AddItem(Mailbox& mailbox, uint64_t folder, Item item) {
  item.modified_at = Now();
  if (item.created_at == 0) item.created_at = item.modified_at;
  Item& kept = Put(mailbox, folder, std::move(item));
  Publish(mailbox, ItemEvent("CreatedEvent", mailbox, kept));
  PublishFolder(mailbox, mailbox.folders.at(folder));
  return kept;
}

Item& Store::Deliver(Mailbox& mailbox, Item message) {
  Item& kept = AddItem(mailbox, FolderNamed(mailbox, "inbox").number, std::move(message));
  Publish(mailbox, ItemEvent("NewMailEvent", mailbox, kept));
  return kept;
}

void Store::Touch(Mailbox& mailbox, Item& item, Changed changed) {
  Folder& folder = mailbox.folders.at(item.folder);
  folder.changes.erase(item.last_change);
  ++item.version;
  item.last_change = ++folder.last_change;
  folder.changes[item.last_change] = item.number;
  if (changed == Changed::kContent) item.content_change = item.last_change;
  item.modified_at = Now();
  Publish(mailbox, ItemEvent("ModifiedEvent", mailbox, item));
}

Item& Store::Move(Mailbox& from, uint64_t number, Mailbox& to, uint64_t folder) {
  const Item& before = from.items.at(number);
  const uint64_t old_folder = before.folder;
  const std::string old_item = ItemXml("t:OldItemId", from, before);
  Event gone = ItemEvent("DeletedEvent", from, before);
  Item& moved = Put(to, folder, TakeOut(from, number));
  Event event = ItemEvent("MovedEvent", to, moved);
  event.old_item_xml = old_item;
  event.old_parent_xml = FolderXml("t:OldParentFolderId", from, old_folder);
  if (&from == &to) {
    event.folders.push_back(old_folder);
  } else {
    Publish(from, gone);
  }
  Publish(to, event);
  PublishFolder(from, from.folders.at(old_folder));
  PublishFolder(to, to.folders.at(folder));
  return moved;
}

Item& Store::Copy(Mailbox& from, uint64_t number, Mailbox& to, uint64_t folder) {
  const Item& original = from.items.at(number);
  Item& copy = Put(to, folder, original);
  Event event = ItemEvent("CopiedEvent", to, copy);
  event.old_item_xml = ItemXml("t:OldItemId", from, original);
  event.old_parent_xml = FolderXml("t:OldParentFolderId", from, original.folder);
  Publish(to, event);
  PublishFolder(to, to.folders.at(folder));
  return copy;
}

void Store::Remove(Mailbox& mailbox, uint64_t number, Disposal disposal) {
  const auto found = mailbox.items.find(number);
  if (found == mailbox.items.end()) return;
  const uint64_t folder = found->second.folder;
  const Folder* trash = FindFolder(mailbox, "deleteditems");
  const Folder* recoverable = FindFolder(mailbox, "recoverableitemsdeletions");
  if (disposal == Disposal::kMoveToDeletedItems && trash != nullptr && trash->number != folder) {
    Move(mailbox, number, mailbox, trash->number);
    return;
  }
  const Event event = ItemEvent("DeletedEvent", mailbox, found->second);
  Item item = TakeOut(mailbox, number);
  // What is deleted from Deleted Items once more can still be recovered; from there it is gone.
  const bool keep = disposal != Disposal::kHardDelete && recoverable != nullptr && recoverable->number != folder;
  if (keep) Put(mailbox, recoverable->number, std::move(item));
  Publish(mailbox, event);
  PublishFolder(mailbox, mailbox.folders.at(folder));
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

}  // namespace crosspoint::exchange_sim
