#include <algorithm>

#include "common/status/status.h"
#include "exchange_sim/call.h"
#include "exchange_sim/error.h"
#include "exchange_sim/items/item_values.h"

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

int64_t CountUnread(const Mailbox& mailbox, const Folder& folder) {
  return std::count_if(mailbox.items.begin(), mailbox.items.end(), [&folder](const auto& entry) {
    return entry.second.folder == folder.number && !entry.second.mail.is_read;
  });
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
  if (!folder.distinguished_name.empty() && wants(all, "folder:DistinguishedFolderId"))
    out.Leaf("t:DistinguishedFolderId", folder.distinguished_name);
  if (element == "t:Folder" && wants(usual, "folder:UnreadCount")) {
    out.Number("t:UnreadCount", CountUnread(mailbox, folder));
  }
  out.Close();
}

absl::Status CheckFolderShape(pugi::xml_node shape) {
  const std::string_view base = shape.child("t:BaseShape").text().get();
  if (base == "IdOnly" || base == "Default" || base == "AllProperties") return absl::OkStatus();
  return SchemaError("a FolderShape needs a BaseShape of IdOnly, Default or AllProperties");
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
    WriteFolder(out, call.MailboxOf(**folder), **folder, shape);
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
    const Mailbox& mailbox = call.MailboxOf(**parent);
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

}  // namespace crosspoint::exchange_sim
