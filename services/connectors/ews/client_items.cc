#include "connectors/ews/client.h"
#include "connectors/ews/codec/read_message.h"
#include "connectors/ews/codec/requests_mail.h"
#include "connectors/ews/item_calls.h"

// Calls about items of any kind, and their attachments.
namespace crosspoint::ews {

absl::StatusOr<ItemId> ReadIdOfNew(std::string_view xml, const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(ItemId id, ReadCreateItem(xml, limits));
  if (id.id.empty()) return BadAnswer("has no id of the new item");
  return id;
}

absl::StatusOr<std::vector<absl::Status>> EwsClient::DeleteItems(const std::vector<ItemId>& ids, DeleteType type,
                                                                 const EwsCall& call) {
  if (ids.empty()) return std::vector<absl::Status>{};
  CROSSPOINT_RETURN_IF_ERROR(CheckIds(ids));
  return transport_->Call("DeleteItem", WriteDeleteItems(transport_->Header(call), ids, type), call, Effect::kWrites,
                          ExpectCount(ids.size(), ReadDeleteItems));
}

absl::StatusOr<Batch<ItemId>> EwsClient::MoveItems(const std::vector<ItemId>& ids, const FolderRef& folder,
                                                   const EwsCall& call) {
  if (ids.empty()) return Batch<ItemId>{};
  CROSSPOINT_RETURN_IF_ERROR(CheckIds(ids));
  return transport_->Call("MoveItem", WriteMoveItems(transport_->Header(call), ids, folder), call, Effect::kWrites,
                          ExpectCount(ids.size(), ReadMoveItems));
}

absl::StatusOr<Batch<ItemId>> EwsClient::CopyItems(const std::vector<ItemId>& ids, const FolderRef& folder,
                                                   const EwsCall& call) {
  if (ids.empty()) return Batch<ItemId>{};
  CROSSPOINT_RETURN_IF_ERROR(CheckIds(ids));
  return transport_->Call("CopyItem", WriteCopyItems(transport_->Header(call), ids, folder), call, Effect::kWrites,
                          ExpectCount(ids.size(), ReadCopyItems));
}

absl::StatusOr<AttachedTo> EwsClient::CreateAttachment(const ItemId& item, const AttachmentDraft& attachment,
                                                       const EwsCall& call) {
  if (attachment.name.empty()) return InvalidField("name", "must not be empty");
  return transport_->Call("CreateAttachment", WriteCreateAttachment(transport_->Header(call), item, attachment), call,
                          Effect::kWrites, ReadCreateAttachment);
}

absl::StatusOr<Attachment> EwsClient::GetAttachment(const std::string& attachment_id, const EwsCall& call) {
  const std::string request = WriteGetAttachment(transport_->Header(call), attachment_id);
  return transport_->Run("GetAttachment", call, Effect::kReads,
                         [&](const EwsCall& attempt) -> absl::StatusOr<Attachment> {
                           CROSSPOINT_ASSIGN_OR_RETURN(http::HttpResponse response,
                                                       transport_->Exchange(request, attempt, Effect::kReads));
                           return ReadGetAttachment(std::move(response.body), transport_->limits());
                         });
}

absl::StatusOr<ItemId> EwsClient::DeleteAttachment(const std::string& attachment_id, const EwsCall& call) {
  return transport_->Call("DeleteAttachment", WriteDeleteAttachment(transport_->Header(call), attachment_id), call,
                          Effect::kWrites, ReadDeleteAttachment);
}

}  // namespace crosspoint::ews
