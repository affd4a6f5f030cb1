#include "directory/adapters/ews_public_contacts.h"

#include <sstream>
#include <utility>

#include "common/status/status.h"
#include "directory/adapters/ews_people.h"

namespace crosspoint::directory {
namespace {

constexpr std::chrono::minutes kRememberedFor{10};
constexpr size_t kMostFolders = 20;
constexpr size_t kMostRequests = 20;  // for folders below those at the root
constexpr int kMostContacts = 100;    // of one folder
constexpr size_t kMostWords = 8;
constexpr char kContactFolder[] = "IPF.Contact";

ews::FieldName Field(const char* uri, const char* index = "") { return {.uri = uri, .index = index}; }

// Every word begins a word of some field.
std::optional<ews::Restriction> Matching(const std::string& query) {
  std::istringstream words(query);
  std::vector<ews::Restriction> all;
  for (std::string word; all.size() < kMostWords && words >> word;) {
    const auto begins = [&word](ews::FieldName field) {
      return ews::Contains(std::move(field), word, ews::ContainmentMode::kPrefixOnWords,
                           ews::ContainmentComparison::kIgnoreCaseAndAccents);
    };
    all.push_back(ews::Or({begins(Field("contacts:DisplayName")), begins(Field("contacts:GivenName")),
                           begins(Field("contacts:Surname")), begins(Field("contacts:CompanyName")),
                           begins(Field("contacts:EmailAddress", "EmailAddress1")),
                           begins(Field("contacts:EmailAddress", "EmailAddress2")),
                           begins(Field("contacts:EmailAddress", "EmailAddress3"))}));
  }
  if (all.empty()) return std::nullopt;
  if (all.size() == 1) return std::move(all.front());
  return ews::And(std::move(all));
}

bool IsForContacts(const ews::Folder& folder) { return folder.folder_class.starts_with(kContactFolder); }

// What says that the organisation has none, or none for us.
bool MeansNone(const absl::Status& status) { return absl::IsNotFound(status) || absl::IsFailedPrecondition(status); }

absl::StatusOr<std::vector<std::string>> Walk(ews::EwsClient& client, const ews::EwsCall& call) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto top,
                              client.FindFolders({.parent = ews::FolderRef::Named("publicfoldersroot")}, call));
  std::vector<std::string> found;
  std::vector<std::string> inner;
  for (const auto& folder : top.folders) {
    if (IsForContacts(folder)) found.push_back(folder.id.id);
    if (folder.child_folder_count > 0 && inner.size() < kMostRequests) inner.push_back(folder.id.id);
  }
  for (const auto& id : inner) {
    if (found.size() >= kMostFolders) break;
    const auto below = client.FindFolders({.parent = ews::FolderRef::ById(id)}, call);
    if (MeansNone(below.status())) continue;
    if (!below.ok()) return below.status();
    for (const auto& folder : below->folders) {
      if (IsForContacts(folder)) found.push_back(folder.id.id);
    }
  }
  if (found.size() > kMostFolders) found.resize(kMostFolders);
  return found;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> EwsPublicContacts::Folders(const TenantId& tenant, ews::EwsClient& client,
                                                                    const ews::EwsCall& call) {
  const auto now = std::chrono::steady_clock::now();
  {
    const std::lock_guard lock(mu_);
    const auto it = known_.find(tenant);
    if (it != known_.end() && now < it->second.until) return it->second.folders;
  }
  auto folders = Walk(client, call);
  if (MeansNone(folders.status())) folders = std::vector<std::string>();
  if (!folders.ok()) return folders.status();
  const std::lock_guard lock(mu_);
  known_[tenant] = {*folders, now + kRememberedFor};
  return folders;
}

void EwsPublicContacts::Forget(const TenantId& tenant) {
  const std::lock_guard lock(mu_);
  known_.erase(tenant);
}

absl::StatusOr<std::vector<CorporateEntry>> EwsPublicContacts::Search(const TenantId& tenant, ews::EwsClient& client,
                                                                      const std::string& query,
                                                                      const ews::EwsCall& call) {
  std::vector<CorporateEntry> entries;
  const auto restriction = Matching(query);
  if (!restriction) return entries;
  CROSSPOINT_ASSIGN_OR_RETURN(const auto folders, Folders(tenant, client, call));
  for (const auto& folder : folders) {
    ews::FindItemsQuery find{.folder = ews::FolderRef::ById(folder), .restriction = restriction};
    find.page.max_entries = kMostContacts;
    auto page = client.FindContacts(find, call);
    if (MeansNone(page.status())) {
      Forget(tenant);  // it was moved, deleted or closed: look again next time
      continue;
    }
    if (!page.ok()) return Annotate(page.status(), "search the contacts of a public folder");
    for (auto& contact : page->items) {
      if (contact.sensitivity != ews::Sensitivity::kNormal) continue;
      auto entry = EntryOf(std::move(contact));
      if (!entry.display_name.empty()) entries.push_back(std::move(entry));
    }
  }
  return entries;
}

}  // namespace crosspoint::directory
