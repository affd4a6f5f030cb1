#include "exchange_sim/operations/folder_fields.h"

#include <algorithm>

#include "exchange_sim/error.h"
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

}  // namespace

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
  if (!folder.distinguished_name.empty() && wants(all, "folder:DistinguishedFolderId")) {
    out.Leaf("t:DistinguishedFolderId", folder.distinguished_name);
  }
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

std::string FolderClassOf(pugi::xml_node element) {
  if (const pugi::xml_node given = element.child("t:FolderClass")) return given.text().get();
  const std::string_view name = LocalName(element);
  if (name == "CalendarFolder") return "IPF.Appointment";
  if (name == "ContactsFolder") return "IPF.Contact";
  if (name == "TasksFolder") return "IPF.Task";
  return "IPF.Note";
}

absl::StatusOr<std::string> FolderText(const Mailbox& mailbox, const Folder& folder, pugi::xml_node path) {
  const std::string_view uri = path.attribute("FieldURI").value();
  if (uri == "folder:DisplayName") return folder.display_name;
  if (uri == "folder:FolderClass") return folder.folder_class;
  if (uri == "folder:TotalCount") return std::to_string(CountItems(mailbox, folder));
  if (uri == "folder:ChildFolderCount") return std::to_string(CountChildren(mailbox, folder));
  // Extended properties of folders are not kept: none of them is set.
  if (LocalName(path) == "ExtendedFieldURI") return std::string();
  return EwsError("ErrorUnsupportedPathForQuery", fmt::format("Folders cannot be searched by {}.", uri));
}

bool IsBelow(const Mailbox& mailbox, const Folder& folder, uint64_t ancestor) {
  for (uint64_t above = folder.parent; above != 0; above = mailbox.folders.at(above).parent) {
    if (above == ancestor) return true;
  }
  return false;
}

}  // namespace crosspoint::exchange_sim
