#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "connectors/ews/codec/request_items.h"
#include "connectors/ews/mail_types.h"

namespace crosspoint::ews {

// What FindItem and SyncFolderItems tell of a message, what GetItem tells besides, and the body on top.
const ItemShape& ListedMessage();
const ItemShape& WholeMessage(Detail detail);
// The list of attachments alone.
const ItemShape& AttachmentsOnly();

// `folder`: where it, or the copy of what is sent, is kept; not written for kSendOnly.
std::string WriteCreateMessage(const RequestHeader& header, const MessageDraft& draft, Disposition disposition,
                               const FolderRef& folder);
std::string WriteUpdateMessage(const RequestHeader& header, const ItemId& id, const MessageUpdate& update);
// `copy` nullopt: none is kept.
std::string WriteSendItem(const RequestHeader& header, const ItemId& id, const std::optional<FolderRef>& copy);
std::string WriteCreateAttachment(const RequestHeader& header, const ItemId& parent, const AttachmentDraft& attachment);
std::string WriteGetAttachment(const RequestHeader& header, std::string_view attachment_id);
std::string WriteDeleteAttachment(const RequestHeader& header, std::string_view attachment_id);

}  // namespace crosspoint::ews
