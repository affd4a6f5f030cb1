#include "connectors/ews/client.h"

#include "common/status/status.h"
#include "connectors/ews/codec/requests.h"
#include "connectors/ews/codec/responses.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/transport.h"

namespace crosspoint::ews {

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

}  // namespace crosspoint::ews
