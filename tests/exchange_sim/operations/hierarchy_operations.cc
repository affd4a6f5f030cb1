#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "common/status/status.h"
#include "exchange_sim/call.h"
#include "exchange_sim/error.h"
#include "exchange_sim/ids.h"
#include "exchange_sim/items/item_values.h"
#include "exchange_sim/operations/folder_fields.h"

// What changes the tree of folders, and what tells of it.
namespace crosspoint::exchange_sim {
namespace {

std::string IdXml(std::string_view element, const Mailbox& mailbox, uint64_t folder) {
  const auto found = mailbox.folders.find(folder);
  if (found == mailbox.folders.end()) return "";
  XmlWriter out;
  WriteFolderId(out, element, mailbox, found->second);
  return out.Take();
}

Event FolderEvent(std::string_view type, const Mailbox& mailbox, const Folder& folder) {
  Event event;
  event.type = std::string(type);
  event.at = Now();
  event.item_xml = IdXml("t:FolderId", mailbox, folder.number);
  event.parent_xml = IdXml("t:ParentFolderId", mailbox, folder.parent);
  event.folders = {folder.number, folder.parent};
  return event;
}

bool HasChild(const Mailbox& mailbox, uint64_t parent, std::string_view name, uint64_t except) {
  return std::any_of(mailbox.folders.begin(), mailbox.folders.end(), [&](const auto& entry) {
    const Folder& folder = entry.second;
    return folder.parent == parent && folder.number != except && Lower(folder.display_name) == Lower(name);
  });
}

absl::Status Exists() { return EwsError("ErrorFolderExists", "A folder with the specified name already exists."); }

absl::StatusOr<Folder*> Create(Call& call, const Folder& in, pugi::xml_node described) {
  Mailbox& mailbox = call.MailboxOf(in);
  const uint64_t parent = in.number;
  const std::string name = described.child("t:DisplayName").text().get();
  if (LocalName(described) == "SearchFolder") {
    return EwsError("ErrorInvalidOperation", "Search folders are not simulated.");
  }
  if (name.empty()) return EwsError("ErrorFolderSave", "A folder needs a display name.");
  if (HasChild(mailbox, parent, name, 0)) return Exists();
  const uint64_t number = mailbox.next_folder++;
  Folder& folder = mailbox.folders[number];
  folder.number = number;
  folder.mailbox = mailbox.number;
  folder.parent = parent;
  folder.display_name = name;
  folder.folder_class = FolderClassOf(described);
  folder.hierarchy_created = folder.hierarchy_changed = ++mailbox.hierarchy_change;
  call.store.Publish(mailbox, FolderEvent("CreatedEvent", mailbox, folder));
  return &folder;
}

absl::Status Update(Call& call, Folder& folder, pugi::xml_node change) {
  const auto parts = Elements(change);
  const std::string_view uri = change.child("t:FieldURI").attribute("FieldURI").value();
  const bool is_name = uri == "folder:DisplayName";
  const bool is_class = uri == "folder:FolderClass";
  // Other properties are not kept, so that there is nothing to delete.
  if (LocalName(change) == "DeleteFolderField" && !is_name && !is_class) return absl::OkStatus();
  if (LocalName(change) != "SetFolderField" || (!is_name && !is_class)) {
    return EwsError("ErrorInvalidPropertySet", "Only the name and the class of a folder can be set.");
  }
  const std::string value = parts.back().child(is_name ? "t:DisplayName" : "t:FolderClass").text().get();
  if (value.empty()) return EwsError("ErrorUpdatePropertyMismatch", "The property in the path must be in the folder.");
  if (is_name && HasChild(call.MailboxOf(folder), folder.parent, value, folder.number)) return Exists();
  (is_name ? folder.display_name : folder.folder_class) = value;
  return absl::OkStatus();
}

void Touch(Call& call, Folder& folder, const Event& event) {
  folder.hierarchy_changed = ++call.MailboxOf(folder).hierarchy_change;
  call.store.Publish(call.MailboxOf(folder), event);
}

// Remembers the place of a folder that is about to leave it.
void LeavePlace(Mailbox& mailbox, const Folder& folder) {
  Mailbox::GoneFolder gone{folder.number, folder.hierarchy_created, {}};
  for (uint64_t above = folder.parent; above != 0; above = mailbox.folders.at(above).parent) {
    gone.above.push_back(above);
  }
  mailbox.gone_folders[++mailbox.hierarchy_change] = std::move(gone);
}

// With everything below.
void Erase(Call& call, const Folder& root) {
  Mailbox& mailbox = call.MailboxOf(root);
  std::vector<uint64_t> doomed = {root.number};
  for (const auto& [number, folder] : mailbox.folders) {
    if (IsBelow(mailbox, folder, root.number)) doomed.push_back(number);
  }
  for (const uint64_t number : doomed) {
    const Folder& folder = mailbox.folders.at(number);
    call.store.Publish(mailbox, FolderEvent("DeletedEvent", mailbox, folder));
    LeavePlace(mailbox, folder);
  }
  std::erase_if(mailbox.items, [&doomed](const auto& entry) {
    return std::find(doomed.begin(), doomed.end(), entry.second.folder) != doomed.end();
  });
  for (const uint64_t number : doomed) mailbox.folders.erase(number);
}

absl::Status Delete(Call& call, Folder& folder, std::string_view type) {
  Mailbox& mailbox = call.MailboxOf(folder);
  if (!folder.distinguished_name.empty()) {
    return EwsError("ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be deleted.");
  }
  const Folder* trash = FindFolder(mailbox, "deleteditems");
  if (trash == nullptr || type != "MoveToDeletedItems" || IsBelow(mailbox, folder, trash->number)) {
    Erase(call, folder);
    return absl::OkStatus();
  }
  const std::string old_id = IdXml("t:OldFolderId", mailbox, folder.number);
  const uint64_t old_parent = folder.parent;
  LeavePlace(mailbox, folder);
  folder.parent = trash->number;
  Event event = FolderEvent("MovedEvent", mailbox, folder);
  event.old_item_xml = old_id;
  event.old_parent_xml = IdXml("t:OldParentFolderId", mailbox, old_parent);
  event.folders.push_back(old_parent);
  Touch(call, folder, event);
  return absl::OkStatus();
}

struct Change {
  uint64_t at = 0;
  uint64_t number = 0;
  const Folder* folder = nullptr;  // null: it is gone
  bool is_new = false;             // to whoever has come as far as the state says
};

std::vector<Change> ChangesAfter(const Mailbox& mailbox, uint64_t root, uint64_t done) {
  std::map<uint64_t, uint64_t> gone_at;  // folders that are gone, and when they last left
  std::set<uint64_t> came_in;
  for (auto gone = mailbox.gone_folders.upper_bound(done); gone != mailbox.gone_folders.end(); ++gone) {
    const auto& [folder, created, above] = gone->second;
    const auto now = mailbox.folders.find(folder);
    const bool was_inside = std::find(above.begin(), above.end(), root) != above.end();
    const bool is_inside = now != mailbox.folders.end() && IsBelow(mailbox, now->second, root);
    if (is_inside && !was_inside) came_in.insert(folder);
    if (was_inside && !is_inside && created <= done) gone_at[folder] = gone->first;
  }
  std::vector<Change> changes;
  for (const auto& [number, at] : gone_at) changes.push_back({at, number, nullptr, false});
  for (const auto& [number, folder] : mailbox.folders) {
    if (folder.hierarchy_changed <= done || !IsBelow(mailbox, folder, root)) continue;
    const bool is_new = folder.hierarchy_created > done || came_in.contains(number);
    changes.push_back({folder.hierarchy_changed, number, &folder, is_new});
  }
  std::sort(changes.begin(), changes.end(),
            [](const Change& a, const Change& b) { return std::pair(a.at, a.number) < std::pair(b.at, b.number); });
  return changes;
}

std::string SyncAnswer(const Mailbox& mailbox, uint64_t root, SyncState state, pugi::xml_node shape) {
  XmlWriter list;
  list.Open("m:Changes");
  for (const Change& change : ChangesAfter(mailbox, root, state.done)) {
    if (change.folder == nullptr) {
      list.Open("t:Delete").Open("t:FolderId");
      list.Attribute("Id", FormatId({mailbox.number, EntityId::Kind::kFolder, change.number}));
      list.Attribute("ChangeKey", FormatChangeKey(mailbox.number, 1)).Close().Close();
      continue;
    }
    list.Open(change.is_new ? "t:Create" : "t:Update");
    WriteFolder(list, mailbox, *change.folder, shape);
    list.Close();
  }
  list.Close();
  state.base = state.done = mailbox.hierarchy_change;
  XmlWriter out;
  out.Leaf("m:SyncState", FormatHierarchyState(state)).Flag("m:IncludesLastFolderInRange", true).Raw(list.Take());
  return out.Take();
}

std::string FolderOnly(const Mailbox& mailbox, const Folder& folder) {
  pugi::xml_document shape;
  shape.append_child("m:FolderShape").append_child("t:BaseShape").text().set("IdOnly");
  XmlWriter out;
  out.Open("m:Folders");
  WriteFolder(out, mailbox, folder, shape.document_element());
  out.Close();
  return out.Take();
}

}  // namespace

Answer CreateFolder(Call& call) {
  const auto parents = Elements(call.request.child("m:ParentFolderId"));
  if (parents.size() != 1) return SchemaError("The element 'ParentFolderId' must name one folder.");
  Messages messages("CreateFolder");
  const auto parent = FolderOf(call, parents[0], Need::kWrite);
  for (const pugi::xml_node described : Elements(call.request.child("m:Folders"))) {
    const auto folder = parent.ok() ? Create(call, **parent, described) : parent;
    if (folder.ok()) {
      messages.Add(FolderOnly(call.MailboxOf(**folder), **folder));
    } else {
      messages.Add(folder.status(), ErrorContent("CreateFolder"));
    }
  }
  return messages.Take();
}

Answer UpdateFolder(Call& call) {
  Messages messages("UpdateFolder");
  for (const pugi::xml_node change : Elements(call.request.child("m:FolderChanges"))) {
    const auto parts = Elements(change);
    const auto folder = FolderOf(call, parts.front(), Need::kWrite);
    absl::Status done = folder.status();
    for (const pugi::xml_node update : Elements(change.child("t:Updates"))) {
      if (done.ok()) done = Update(call, **folder, update);
    }
    if (!done.ok()) {
      messages.Add(done, ErrorContent("UpdateFolder"));
      continue;
    }
    Touch(call, **folder, FolderEvent("ModifiedEvent", call.MailboxOf(**folder), **folder));
    messages.Add(FolderOnly(call.MailboxOf(**folder), **folder));
  }
  return messages.Take();
}

Answer DeleteFolder(Call& call) {
  const std::string_view type = call.request.attribute("DeleteType").value();
  Messages messages("DeleteFolder");
  for (const pugi::xml_node id : Elements(call.request.child("m:FolderIds"))) {
    const auto folder = FolderOf(call, id, Need::kWrite);
    const absl::Status done = folder.ok() ? Delete(call, **folder, type) : folder.status();
    done.ok() ? messages.Add(std::string()) : messages.Add(done);
  }
  return messages.Take();
}

Answer SyncFolderHierarchy(Call& call) {
  const pugi::xml_node shape = call.request.child("m:FolderShape");
  CROSSPOINT_RETURN_IF_ERROR(CheckFolderShape(shape));
  Messages messages("SyncFolderHierarchy");
  // A state remembers whether a folder was named: none at all and the root are different to Exchange.
  uint64_t named = 0;
  const Mailbox* mailbox = &call.mailbox();
  for (const pugi::xml_node id : Elements(call.request.child("m:SyncFolderId"))) {
    const auto folder = FolderOf(call, id);
    if (!folder.ok()) {
      messages.Add(folder.status());
      return messages.Take();
    }
    named = (*folder)->number;
    mailbox = &call.MailboxOf(**folder);
  }
  const std::string text = Trim(call.request.child("m:SyncState").text().get());
  const auto state = text.empty() ? SyncState{call.store.epoch(), mailbox->number, named, 0, 0}
                                  : ParseHierarchyState(text).value_or(SyncState{});
  const bool valid = state.epoch == call.store.epoch() && state.mailbox == mailbox->number && state.folder == named &&
                     state.done <= mailbox->hierarchy_change;
  if (!valid) {
    messages.Add(EwsError("ErrorInvalidSyncStateData", "Synchronization state data is corrupt or otherwise invalid."));
    return messages.Take();
  }
  const uint64_t root = named != 0 ? named : FindFolder(*mailbox, "root")->number;
  messages.Add(SyncAnswer(*mailbox, root, state, shape));
  return messages.Take();
}

}  // namespace crosspoint::exchange_sim
