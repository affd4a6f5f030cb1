#include <algorithm>
#include <set>

#include "common/status/status.h"
#include "exchange_sim/call.h"
#include "exchange_sim/error.h"
#include "exchange_sim/items/item_fields.h"
#include "exchange_sim/items/item_values.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

int64_t CountItems(const Mailbox& mailbox, const Folder& folder) {
  return std::count_if(mailbox.items.begin(), mailbox.items.end(),
                       [&folder](const auto& entry) { return entry.second.folder == folder.number; });
}

int64_t CountChildren(const Mailbox& mailbox, const Folder& folder) {
  return std::count_if(mailbox.folders.begin(), mailbox.folders.end(),
                       [&folder](const auto& entry) { return entry.second.parent == folder.number; });
}

std::string_view FolderElement(const Folder& folder) {
  if (folder.folder_class == "IPF.Appointment") return "t:CalendarFolder";
  if (folder.folder_class == "IPF.Contact") return "t:ContactsFolder";
  if (folder.folder_class == "IPF.Task") return "t:TasksFolder";
  return "t:Folder";
}

bool Asks(pugi::xml_node shape, std::string_view uri) {
  for (const pugi::xml_node path : shape.child("t:AdditionalProperties").children("t:FieldURI")) {
    if (uri == path.attribute("FieldURI").value()) return true;
  }
  return false;
}

void WriteFolder(XmlWriter& out, const Mailbox& mailbox, const Folder& folder, pugi::xml_node shape) {
  const std::string_view base = shape.child("t:BaseShape").text().get();
  const bool all = base == "AllProperties";
  const bool usual = all || base == "Default";
  const auto wants = [shape](bool by_base, std::string_view uri) { return by_base || Asks(shape, uri); };
  const std::string_view element = FolderElement(folder);
  out.Open(element);
  WriteFolderId(out, "t:FolderId", mailbox, folder);
  const auto parent = mailbox.folders.find(folder.parent);
  if (parent != mailbox.folders.end() && wants(all, "folder:ParentFolderId")) {
    WriteFolderId(out, "t:ParentFolderId", mailbox, parent->second);
  }
  if (!folder.folder_class.empty() && wants(all, "folder:FolderClass")) out.Leaf("t:FolderClass", folder.folder_class);
  if (wants(usual, "folder:DisplayName")) out.Leaf("t:DisplayName", folder.display_name);
  if (wants(usual, "folder:TotalCount")) out.Number("t:TotalCount", CountItems(mailbox, folder));
  if (wants(usual, "folder:ChildFolderCount")) out.Number("t:ChildFolderCount", CountChildren(mailbox, folder));
  if (wants(all, "folder:DistinguishedFolderId")) out.Leaf("t:DistinguishedFolderId", folder.distinguished_name);
  if (element == "t:Folder" && wants(usual, "folder:UnreadCount")) out.Number("t:UnreadCount", 0);
  out.Close();
}

absl::Status CheckFolderShape(pugi::xml_node shape) {
  const std::string_view base = shape.child("t:BaseShape").text().get();
  if (base == "IdOnly" || base == "Default" || base == "AllProperties") return absl::OkStatus();
  return SchemaError("a FolderShape needs a BaseShape of IdOnly, Default or AllProperties");
}

// One line of what happened since the state: an item that is there, or was deleted.
struct Change {
  uint64_t at = 0;
  const Item* item = nullptr;
  uint64_t deleted = 0;
};

std::vector<Change> ChangesAfter(const Mailbox& mailbox, const Folder& folder, uint64_t done) {
  std::vector<Change> changes;
  for (const auto& [number, item] : mailbox.items) {
    if (item.folder == folder.number && item.last_change > done) changes.push_back({item.last_change, &item, 0});
  }
  // Who was never told of an item need not hear that it is gone.
  for (auto gone = folder.tombstones.upper_bound(done); gone != folder.tombstones.end(); ++gone) {
    if (gone->second.created_change <= done) changes.push_back({gone->first, nullptr, gone->second.item});
  }
  std::sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) { return a.at < b.at; });
  return changes;
}

std::string SyncAnswer(Call& call, const Folder& folder, SyncState state, const ItemShape& shape, size_t max) {
  const Mailbox& mailbox = call.mailbox();
  const auto changes = ChangesAfter(mailbox, folder, state.done);
  const bool last = changes.size() <= max;
  std::set<std::string> ignored;
  for (const pugi::xml_node id : Elements(call.request.child("m:Ignore"))) ignored.insert(id.attribute("Id").value());
  XmlWriter list;
  list.Open("m:Changes");
  for (size_t i = 0; i < changes.size() && i < max; ++i) {
    const Change& change = changes[i];
    state.done = change.at;
    if (change.item == nullptr) {
      list.Open("t:Delete")
          .Open("t:ItemId")
          .Attribute("Id", FormatId({mailbox.number, EntityId::Kind::kItem, change.deleted, 0}));
      list.Attribute("ChangeKey", FormatChangeKey(mailbox.number, 1)).Close().Close();
      continue;
    }
    const ItemView view = ViewOf(mailbox, *change.item);
    if (ignored.contains(view.Id())) continue;
    list.Open(change.item->created_change > state.base ? "t:Create" : "t:Update");
    WriteItem(list, view, shape, true);
    list.Close();
  }
  list.Close();
  if (last) {
    state.done = state.base = folder.last_change;
  }
  XmlWriter out;
  out.Leaf("m:SyncState", FormatSyncState(state)).Flag("m:IncludesLastItemInRange", last).Raw(list.Take());
  return out.Take();
}

}  // namespace

Answer GetFolder(Call& call) {
  const pugi::xml_node shape = call.request.child("m:FolderShape");
  CROSSPOINT_RETURN_IF_ERROR(CheckFolderShape(shape));
  Messages messages("GetFolder");
  for (const pugi::xml_node id : Elements(call.request.child("m:FolderIds"))) {
    const auto folder = FolderOf(call, id);
    if (!folder.ok()) {
      messages.Add(folder.status());
      continue;
    }
    XmlWriter out;
    out.Open("m:Folders");
    WriteFolder(out, call.mailbox(), **folder, shape);
    out.Close();
    messages.Add(out.Take());
  }
  return messages.Take();
}

Answer FindFolder(Call& call) {
  const pugi::xml_node shape = call.request.child("m:FolderShape");
  CROSSPOINT_RETURN_IF_ERROR(CheckFolderShape(shape));
  const bool deep = std::string_view(call.request.attribute("Traversal").value()) == "Deep";
  Messages messages("FindFolder");
  for (const pugi::xml_node id : Elements(call.request.child("m:ParentFolderIds"))) {
    const auto parent = FolderOf(call, id);
    if (!parent.ok()) {
      messages.Add(parent.status());
      continue;
    }
    XmlWriter list;
    size_t count = 0;
    const Mailbox& mailbox = call.mailbox();
    for (const auto& [number, folder] : mailbox.folders) {
      uint64_t above = folder.parent;
      while (deep && above != 0 && above != (*parent)->number) above = mailbox.folders.at(above).parent;
      if (above != (*parent)->number || number == above) continue;
      WriteFolder(list, mailbox, folder, shape);
      ++count;
    }
    XmlWriter out;
    out.Open("m:RootFolder").Attribute("IndexedPagingOffset", std::to_string(count));
    out.Attribute("TotalItemsInView", std::to_string(count)).Attribute("IncludesLastItemInRange", "true");
    out.Open("t:Folders").Raw(list.Take()).Close().Close();
    messages.Add(out.Take());
  }
  return messages.Take();
}

Answer SyncFolderItems(Call& call) {
  CROSSPOINT_ASSIGN_OR_RETURN(const ItemShape shape, ParseItemShape(call.request.child("m:ItemShape")));
  const auto ids = Elements(call.request.child("m:SyncFolderId"));
  if (ids.size() != 1) return SchemaError("The element 'SyncFolderId' must name one folder.");
  const int max = call.request.child("m:MaxChangesReturned").text().as_int();
  if (max < 1 || max > 512) return SchemaError("The 'MaxChangesReturned' element must be from 1 to 512.");
  Messages messages("SyncFolderItems");
  const auto folder = FolderOf(call, ids[0]);
  if (!folder.ok()) {
    messages.Add(folder.status());
    return messages.Take();
  }
  const std::string text = Trim(call.request.child("m:SyncState").text().get());
  const auto state = text.empty() ? SyncState{call.store.epoch(), call.caller.mailbox, (*folder)->number, 0, 0}
                                  : ParseSyncState(text).value_or(SyncState{});
  const bool valid = state.epoch == call.store.epoch() && state.mailbox == call.caller.mailbox &&
                     state.folder == (*folder)->number && state.done <= (*folder)->last_change;
  if (!valid) {
    messages.Add(EwsError("ErrorInvalidSyncStateData", "Synchronization state data is corrupt or otherwise invalid."));
    return messages.Take();
  }
  messages.Add(SyncAnswer(call, **folder, state, shape, static_cast<size_t>(max)));
  return messages.Take();
}

}  // namespace crosspoint::exchange_sim
