#include "common/status/status.h"
#include "connectors/ews/codec/response_parts.h"
#include "connectors/ews/codec/search_names.h"

// Answers about folders and ids.
namespace crosspoint::ews {
namespace {

// The class that a kind of folder has when the server does not say.
std::string_view UsualClass(std::string_view element) {
  if (element == "CalendarFolder") return "IPF.Appointment";
  if (element == "ContactsFolder") return "IPF.Contact";
  if (element == "TasksFolder") return "IPF.Task";
  return "";
}

Folder ReadFolder(const pugi::xml_node& folder) {
  Folder read{.id = ChildFolderId(folder),
              .parent = ChildFolderId(folder, "ParentFolderId"),
              .display_name = ChildText(folder, "DisplayName"),
              .folder_class = ChildText(folder, "FolderClass"),
              .total_count = ChildInt(folder, "TotalCount").value_or(0),
              .child_folder_count = ChildInt(folder, "ChildFolderCount").value_or(0)};
  if (read.folder_class.empty()) read.folder_class = UsualClass(LocalName(folder));
  return read;
}

std::optional<FolderChange> ReadFolderChange(const pugi::xml_node& change) {
  const std::string_view name = LocalName(change);
  if (name == "Delete") {
    FolderChange read{.kind = FolderChange::Kind::kDelete, .folder = {.id = ChildFolderId(change)}};
    return read.folder.id.id.empty() ? std::nullopt : std::optional(std::move(read));
  }
  if (name != "Create" && name != "Update") return std::nullopt;
  FolderChange read{.kind = name == "Create" ? FolderChange::Kind::kCreate : FolderChange::Kind::kUpdate,
                    .folder = ReadFolder(FirstElement(change))};
  return read.folder.id.id.empty() ? std::nullopt : std::optional(std::move(read));
}

absl::StatusOr<AlternateId> ReadAlternateId(const pugi::xml_node& message) {
  CROSSPOINT_RETURN_IF_ERROR(StatusOfMessage(message));
  const pugi::xml_node id = Child(message, "AlternateId");
  const auto format = FromName(kIdFormatNames, AttributeOf(id, "Format"));
  AlternateId read{.format = format.value_or(IdFormat::kEwsId),
                   .id = AttributeOf(id, "Id"),
                   .mailbox = AttributeOf(id, "Mailbox"),
                   .is_archive = ParseBool(AttributeOf(id, "IsArchive")).value_or(false)};
  if (!format || read.id.empty()) return BadAnswer("has no id");
  return read;
}

}  // namespace

PageEnd ReadPageEnd(const pugi::xml_node& page) {
  return {.includes_last = ParseBool(AttributeOf(page, "IncludesLastItemInRange")).value_or(true),
          .next_offset = ParseInt(AttributeOf(page, "IndexedPagingOffset")).value_or(0),
          .total = ParseInt(AttributeOf(page, "TotalItemsInView"))};
}

absl::StatusOr<Batch<Folder>> ReadGetFolder(std::string_view xml, const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Messages messages, ParseMessages(xml, "GetFolderResponse", limits));
  return ReadBatch(messages, "Folders", ReadFolder);
}

absl::StatusOr<FolderPage> ReadFindFolder(std::string_view xml, const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Messages messages, ParseSingle(xml, "FindFolderResponse", limits));
  const pugi::xml_node root = Child(messages.all.front(), "RootFolder");
  FolderPage page{.folders = {}, .end = ReadPageEnd(root)};
  for (const pugi::xml_node& folder : Child(root, "Folders").children()) {
    if (Child(folder, "FolderId")) page.folders.push_back(ReadFolder(folder));
  }
  return page;
}

absl::StatusOr<FolderId> ReadCreateFolder(std::string_view xml, const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Messages messages, ParseSingle(xml, "CreateFolderResponse", limits));
  FolderId id = ChildFolderId(FirstElement(Child(messages.all.front(), "Folders")));
  if (id.id.empty()) return BadAnswer("has no id of the new folder");
  return id;
}

absl::StatusOr<FolderSyncResult> ReadSyncFolderHierarchy(std::string_view xml, const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Messages messages, ParseSingle(xml, "SyncFolderHierarchyResponse", limits));
  const pugi::xml_node& message = messages.all.front();
  FolderSyncResult result;
  result.sync_state = Trim(ChildText(message, "SyncState"));
  if (result.sync_state.empty()) return BadAnswer("has no sync state");
  result.includes_last = ChildBool(message, "IncludesLastFolderInRange").value_or(true);
  for (const pugi::xml_node& change : Child(message, "Changes").children()) {
    if (auto read = ReadFolderChange(change)) result.changes.push_back(std::move(*read));
  }
  return result;
}

absl::StatusOr<Batch<AlternateId>> ReadConvertId(std::string_view xml, const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Messages messages, ParseMessages(xml, "ConvertIdResponse", limits));
  Batch<AlternateId> ids;
  for (const pugi::xml_node& message : messages.all) ids.push_back(ReadAlternateId(message));
  return ids;
}

}  // namespace crosspoint::ews
