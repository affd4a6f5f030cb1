#pragma once

#include <string>
#include <vector>

#include "connectors/ews/search_types.h"
#include "connectors/ews/types.h"

namespace crosspoint::ews {

enum class FolderKind { kMail, kCalendar, kContacts, kTasks };

struct FolderDraft {
  FolderRef parent = FolderRef::Named("msgfolderroot");
  std::string display_name;
  FolderKind kind = FolderKind::kMail;
  std::string folder_class;  // empty: the usual one of its kind. Mail folders only
};

struct FindFoldersQuery {
  FolderRef parent = FolderRef::Named("msgfolderroot");
  bool deep = false;  // below children, too
  std::optional<Restriction> restriction;
  PageQuery page;
};

struct FolderPage {
  std::vector<Folder> folders;
  PageEnd end;
};

struct FolderChange {
  enum class Kind { kCreate, kUpdate, kDelete };
  Kind kind = Kind::kCreate;
  Folder folder;  // kDelete: the id alone
};

struct FolderSyncResult {
  std::string sync_state;  // of hierarchies only: worthless for SyncFolderItems
  std::vector<FolderChange> changes;
  bool includes_last = true;  // false: call again at once with the new state
};

enum class IdFormat { kEwsLegacyId, kEwsId, kEntryId, kHexEntryId, kStoreId, kOwaId };

// An id in one of its spellings.
struct AlternateId {
  IdFormat format = IdFormat::kEwsId;
  std::string id;
  std::string mailbox;  // SMTP address of its mailbox
  bool is_archive = false;
  bool operator==(const AlternateId&) const = default;
};

}  // namespace crosspoint::ews
