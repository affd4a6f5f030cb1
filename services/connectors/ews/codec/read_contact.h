#pragma once

#include <string_view>

#include "connectors/ews/codec/responses.h"
#include "connectors/ews/contact_types.h"

namespace crosspoint::ews {

// `offset`: where the page that was asked for begins.
absl::StatusOr<ItemPage<Contact>> ReadFindContacts(std::string_view xml, int offset, const XmlLimits& limits = {});
absl::StatusOr<Batch<Contact>> ReadGetContacts(std::string_view xml, const XmlLimits& limits = {});
absl::StatusOr<ItemChanges<Contact>> ReadSyncContacts(std::string_view xml, const XmlLimits& limits = {});

}  // namespace crosspoint::ews
