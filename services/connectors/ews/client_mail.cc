#include <algorithm>

#include "connectors/ews/client.h"
#include "connectors/ews/codec/read_message.h"
#include "connectors/ews/codec/requests_mail.h"
#include "connectors/ews/item_calls.h"

namespace crosspoint::ews {
namespace {

SortKey NewestFirst() { return {.field = FieldName{.uri = "item:DateTimeReceived", .index = {}}, .descending = true}; }

absl::Status CheckDraft(const MessageDraft& draft, Disposition disposition) {
  if (disposition != Disposition::kSaveOnly) {
    if (draft.to.empty() && draft.cc.empty() && draft.bcc.empty()) return InvalidField("to", "nobody to send it to");
    if (draft.received) return InvalidField("received", "what is sent has not come in");
  }
  for (const AttachmentDraft& attachment : draft.attachments) {
    if (attachment.name.empty()) return InvalidField("attachments", "must have names");
  }
  return CheckProperties(draft.extended_properties, "extended_properties");
}

// What of `wanted` is not among `present`; servers may rename a file, so numbers count first.
std::vector<const AttachmentDraft*> Missing(const std::vector<AttachmentDraft>& wanted,
                                            const std::vector<AttachmentInfo>& present) {
  if (present.size() >= wanted.size()) return {};
  std::vector<std::string> names;
  for (const AttachmentInfo& info : present) names.push_back(info.name);
  std::vector<const AttachmentDraft*> missing;
  for (const AttachmentDraft& attachment : wanted) {
    const auto name = std::find(names.begin(), names.end(), attachment.name);
    if (name == names.end()) {
      missing.push_back(&attachment);
    } else {
      names.erase(name);
    }
  }
  return missing;
}

}  // namespace

absl::StatusOr<ItemPage<Message>> EwsClient::FindMessages(const FindItemsQuery& query, const EwsCall& call) {
  return FindPage<Message>(*transport_, query, ListedMessage(), NewestFirst(), call, ReadFindMessages);
}

absl::StatusOr<Batch<Message>> EwsClient::GetMessages(const std::vector<ItemId>& ids,
                                                      const std::vector<PropertyPath>& properties, Detail detail,
                                                      const EwsCall& call) {
  return GetBatch<Message>(*transport_, ids, WholeMessage(detail), properties, call, ReadGetMessages);
}

absl::StatusOr<ItemId> EwsClient::CreateMessage(const MessageDraft& draft, Disposition disposition,
                                                const FolderRef& folder, const EwsCall& call) {
  CROSSPOINT_RETURN_IF_ERROR(CheckDraft(draft, disposition));
  // What is only sent has no id.
  return transport_->Call("CreateItem", WriteCreateMessage(transport_->Header(call), draft, disposition, folder), call,
                          Effect::kWrites, disposition == Disposition::kSaveOnly ? ReadIdOfNew : ReadCreateItem);
}

absl::StatusOr<ItemId> EwsClient::UpdateMessage(const ItemId& id, const MessageUpdate& update, const EwsCall& call) {
  if (update.empty()) return id;
  CROSSPOINT_RETURN_IF_ERROR(CheckProperties(update.set_properties, "set_properties"));
  return transport_->Call("UpdateItem", WriteUpdateMessage(transport_->Header(call), id, update), call, Effect::kWrites,
                          ReadUpdateItem);
}

absl::Status EwsClient::SendItem(const ItemId& id, const std::optional<FolderRef>& copy, const EwsCall& call) {
  return transport_->Call("SendItem", WriteSendItem(transport_->Header(call), id, copy), call, Effect::kWrites,
                          ReadSendItem);
}

absl::StatusOr<ItemChanges<Message>> EwsClient::SyncMessages(const FolderRef& folder, const std::string& sync_state,
                                                             int max_changes,
                                                             const std::vector<PropertyPath>& properties,
                                                             const EwsCall& call) {
  return SyncPage<Message>(*transport_, folder, sync_state, max_changes, ListedMessage(), properties, call,
                           ReadSyncMessages);
}

absl::StatusOr<ItemId> EwsClient::CompleteAttachments(ItemId id, const std::vector<AttachmentDraft>& attachments,
                                                      const EwsCall& call) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto saved,
                              GetBatch<Message>(*transport_, {id}, AttachmentsOnly(), {}, call, ReadGetMessages));
  CROSSPOINT_RETURN_IF_ERROR(saved.front().status());
  if (!saved.front()->id.change_key.empty()) id.change_key = saved.front()->id.change_key;
  for (const AttachmentDraft* attachment : Missing(attachments, saved.front()->attachments)) {
    CROSSPOINT_ASSIGN_OR_RETURN(const AttachedTo attached, CreateAttachment(id, *attachment, call));
    // Attaching changes the item, and its next change must know the new key.
    if (!attached.item.change_key.empty()) id.change_key = attached.item.change_key;
  }
  return id;
}

absl::StatusOr<ItemId> EwsClient::CreateMessageWithAttachments(const MessageDraft& draft, Disposition disposition,
                                                               const FolderRef& folder, const EwsCall& call) {
  CROSSPOINT_RETURN_IF_ERROR(CheckDraft(draft, disposition));
  const bool is_sent = disposition != Disposition::kSaveOnly;
  CROSSPOINT_ASSIGN_OR_RETURN(const ItemId created, CreateMessage(draft, Disposition::kSaveOnly,
                                                                  is_sent ? FolderRef::Named("drafts") : folder, call));
  auto complete = CompleteAttachments(created, draft.attachments, call);
  if (!complete.ok()) {
    const auto deleted = DeleteItems({created}, DeleteType::kHardDelete, call);
    const bool is_gone = deleted.ok() && deleted->front().ok();
    return Annotate(complete.status(), is_gone ? "complete the attachments (the message was deleted again)"
                                               : "complete the attachments (the incomplete message was left behind)");
  }
  if (!is_sent) return complete;
  const auto copy = disposition == Disposition::kSendAndSaveCopy ? std::optional(folder) : std::nullopt;
  CROSSPOINT_RETURN_IF_ERROR(SendItem(*complete, copy, call));
  return ItemId{};
}

}  // namespace crosspoint::ews
