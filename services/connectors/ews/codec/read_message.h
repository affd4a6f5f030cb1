#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "connectors/ews/codec/responses.h"
#include "connectors/ews/mail_types.h"

namespace crosspoint::ews {

// `offset`: where the page that was asked for begins.
absl::StatusOr<ItemPage<Message>> ReadFindMessages(std::string_view xml, int offset, const XmlLimits& limits = {});
absl::StatusOr<Batch<Message>> ReadGetMessages(std::string_view xml, const XmlLimits& limits = {});
absl::StatusOr<ItemChanges<Message>> ReadSyncMessages(std::string_view xml, const XmlLimits& limits = {});

absl::Status ReadSendItem(std::string_view xml, const XmlLimits& limits = {});
// One entry per item.
absl::StatusOr<std::vector<absl::Status>> ReadDeleteItems(std::string_view xml, const XmlLimits& limits = {});
// The new ids, empty where the server does not tell them.
absl::StatusOr<Batch<ItemId>> ReadMoveItems(std::string_view xml, const XmlLimits& limits = {});
absl::StatusOr<Batch<ItemId>> ReadCopyItems(std::string_view xml, const XmlLimits& limits = {});

absl::StatusOr<AttachedTo> ReadCreateAttachment(std::string_view xml, const XmlLimits& limits = {});
// The content is decoded in the place where it came, and never becomes part of a parsed document.
absl::StatusOr<Attachment> ReadGetAttachment(std::string xml, const XmlLimits& limits = {});
// The item it was taken from; empty when the server does not say.
absl::StatusOr<ItemId> ReadDeleteAttachment(std::string_view xml, const XmlLimits& limits = {});

}  // namespace crosspoint::ews
