#include "connectors/ews/client.h"

#include <algorithm>
#include <iterator>

#include "common/status/status.h"
#include "connectors/ews/codec/requests.h"
#include "connectors/ews/codec/responses.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/soap/text.h"
#include "connectors/ews/transport.h"

namespace crosspoint::ews {
namespace {

constexpr size_t kIdsPerRequest = 200;

}  // namespace

absl::StatusOr<Batch<Folder>> EwsClient::GetFolders(const std::vector<FolderRef>& folders, const EwsCall& call) {
  if (folders.empty()) return Batch<Folder>{};
  const auto read = [&](std::string_view xml, const XmlLimits& limits) -> absl::StatusOr<Batch<Folder>> {
    CROSSPOINT_ASSIGN_OR_RETURN(auto batch, ReadGetFolder(xml, limits));
    if (batch.size() != folders.size()) return BadAnswer("has another number of folders than asked for");
    return batch;
  };
  return transport_->Call("GetFolder", WriteGetFolder(transport_->Header(call), folders), call, Effect::kReads, read);
}

absl::StatusOr<Folder> EwsClient::GetFolder(const FolderRef& folder, const EwsCall& call) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto folders, GetFolders({folder}, call));
  return std::move(folders.front());
}

absl::StatusOr<FolderPage> EwsClient::FindFolders(const FindFoldersQuery& query, const EwsCall& call) {
  CROSSPOINT_RETURN_IF_ERROR(query.page.Validate());
  if (query.restriction) CROSSPOINT_RETURN_IF_ERROR(query.restriction->Validate());
  const auto read = [&](std::string_view xml, const XmlLimits& limits) -> absl::StatusOr<FolderPage> {
    CROSSPOINT_ASSIGN_OR_RETURN(FolderPage page, ReadFindFolder(xml, limits));
    CROSSPOINT_RETURN_IF_ERROR(CompletePageEnd(query.page, page.folders.size(), page.end));
    return page;
  };
  return transport_->Call("FindFolder", WriteFindFolder(transport_->Header(call), query), call, Effect::kReads, read);
}

absl::StatusOr<FolderId> EwsClient::CreateFolder(const FolderDraft& draft, const EwsCall& call) {
  if (Trim(draft.display_name).empty()) return InvalidField("display_name", "must not be blank");
  if (!draft.folder_class.empty() && draft.kind != FolderKind::kMail) {
    return InvalidField("folder_class", "is for mail folders only");
  }
  auto id = transport_->Call("CreateFolder", WriteCreateFolder(transport_->Header(call), draft), call, Effect::kWrites,
                             ReadCreateFolder);
  if (ResponseCodeOf(id.status()) != "ErrorFolderExists") return id;
  FindFoldersQuery query{.parent = draft.parent,
                         .restriction = IsEqualTo(FieldName{"folder:DisplayName"}, draft.display_name)};
  for (bool more = true; more;) {
    CROSSPOINT_ASSIGN_OR_RETURN(const FolderPage page, FindFolders(query, call));
    for (const Folder& folder : page.folders) {
      if (EqualsIgnoringCase(folder.display_name, draft.display_name)) return folder.id;
    }
    query.page.offset = page.end.next_offset;
    more = !page.end.includes_last;
  }
  return id;
}

absl::StatusOr<FolderSyncResult> EwsClient::SyncFolderHierarchy(const FolderRef& root, const std::string& sync_state,
                                                                const EwsCall& call) {
  return transport_->Call("SyncFolderHierarchy", WriteSyncFolderHierarchy(transport_->Header(call), root, sync_state),
                          call, Effect::kReads, ReadSyncFolderHierarchy);
}

absl::StatusOr<Batch<AlternateId>> EwsClient::ConvertIds(const std::vector<AlternateId>& ids, IdFormat format,
                                                         const EwsCall& call) {
  Batch<AlternateId> converted;
  while (converted.size() < ids.size()) {
    const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(converted.size());
    const size_t count = std::min(kIdsPerRequest, ids.size() - converted.size());
    const std::vector<AlternateId> part(begin, begin + static_cast<std::ptrdiff_t>(count));
    const auto read = [&](std::string_view xml, const XmlLimits& limits) -> absl::StatusOr<Batch<AlternateId>> {
      CROSSPOINT_ASSIGN_OR_RETURN(auto batch, ReadConvertId(xml, limits));
      if (batch.size() != count) return BadAnswer("has another number of ids than asked for");
      return batch;
    };
    CROSSPOINT_ASSIGN_OR_RETURN(
        auto batch, transport_->Call("ConvertId", WriteConvertId(transport_->Header(call), part, format), call,
                                     Effect::kReads, read));
    std::move(batch.begin(), batch.end(), std::back_inserter(converted));
  }
  return converted;
}

}  // namespace crosspoint::ews
